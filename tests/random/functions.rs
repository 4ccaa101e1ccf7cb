// Made by `KEOPS_BLESS=1 cargo test -p keops-formula --test random`. Do not edit.

function! { square Square 1 T (a_i: T, w_j: T) { sum_j square(a_i) * w_j } }
function! { inv Inv 1 T (a_i: T, w_j: T) { sum_j inv(a_i) * w_j } }
function! { sqrt Sqrt 1 T (a_i: T, w_j: T) { sum_j sqrt(a_i) * w_j } }
function! { rsqrt Rsqrt 1 T (a_i: T, w_j: T) { sum_j rsqrt(a_i) * w_j } }
function! { cbrt Cbrt 1 T (a_i: T, w_j: T) { sum_j cbrt(a_i) * w_j } }
function! { hypot Hypot 2 T (a_i: T, b_i: T, w_j: T) { sum_j hypot(a_i, b_i) * w_j } }
function! { pow Pow 2 T (a_i: T, b_i: T, w_j: T) { sum_j pow(a_i, b_i) * w_j } }
function! { exp Exp 1 T (a_i: T, w_j: T) { sum_j exp(a_i) * w_j } }
function! { exp2 Exp2 1 T (a_i: T, w_j: T) { sum_j exp2(a_i) * w_j } }
function! { log Log 1 T (a_i: T, w_j: T) { sum_j log(a_i) * w_j } }
function! { log1p Log1p 1 T (a_i: T, w_j: T) { sum_j log1p(a_i) * w_j } }
function! { expm1 Expm1 1 T (a_i: T, w_j: T) { sum_j expm1(a_i) * w_j } }
function! { erf Erf 1 T (a_i: T, w_j: T) { sum_j erf(a_i) * w_j } }
function! { erfc Erfc 1 T (a_i: T, w_j: T) { sum_j erfc(a_i) * w_j } }
function! { lgamma Lgamma 1 T (a_i: T, w_j: T) { sum_j lgamma(a_i) * w_j } }
function! { digamma Digamma 1 T (a_i: T, w_j: T) { sum_j digamma(a_i) * w_j } }
function! { trigamma Trigamma 1 T (a_i: T, w_j: T) { sum_j trigamma(a_i) * w_j } }
function! { xlogx Xlogx 1 T (a_i: T, w_j: T) { sum_j xlogx(a_i) * w_j } }
function! { sigmoid Sigmoid 1 T (a_i: T, w_j: T) { sum_j sigmoid(a_i) * w_j } }
function! { softplus Softplus 1 T (a_i: T, w_j: T) { sum_j softplus(a_i) * w_j } }
function! { sin Sin 1 T (a_i: T, w_j: T) { sum_j sin(a_i) * w_j } }
function! { cos Cos 1 T (a_i: T, w_j: T) { sum_j cos(a_i) * w_j } }
function! { tan Tan 1 T (a_i: T, w_j: T) { sum_j tan(a_i) * w_j } }
function! { sinxdivx Sinxdivx 1 T (a_i: T, w_j: T) { sum_j sinxdivx(a_i) * w_j } }
function! { sinc Sinc 1 T (a_i: T, w_j: T) { sum_j sinc(a_i) * w_j } }
function! { asin Asin 1 T (a_i: T, w_j: T) { sum_j asin(a_i) * w_j } }
function! { acos Acos 1 T (a_i: T, w_j: T) { sum_j acos(a_i) * w_j } }
function! { atan Atan 1 T (a_i: T, w_j: T) { sum_j atan(a_i) * w_j } }
function! { atan2 Atan2 2 T (a_i: T, b_i: T, w_j: T) { sum_j atan2(a_i, b_i) * w_j } }
function! { sinh Sinh 1 T (a_i: T, w_j: T) { sum_j sinh(a_i) * w_j } }
function! { cosh Cosh 1 T (a_i: T, w_j: T) { sum_j cosh(a_i) * w_j } }
function! { tanh Tanh 1 T (a_i: T, w_j: T) { sum_j tanh(a_i) * w_j } }
function! { asinh Asinh 1 T (a_i: T, w_j: T) { sum_j asinh(a_i) * w_j } }
function! { acosh Acosh 1 T (a_i: T, w_j: T) { sum_j acosh(a_i) * w_j } }
function! { atanh Atanh 1 T (a_i: T, w_j: T) { sum_j atanh(a_i) * w_j } }
function! { abs Abs 1 T (a_i: T, w_j: T) { sum_j abs(a_i) * w_j } }
function! { sign Sign 1 T (a_i: T, w_j: T) { sum_j sign(a_i) * w_j } }
function! { step Step 1 T (a_i: T, w_j: T) { sum_j step(a_i) * w_j } }
function! { relu Relu 1 T (a_i: T, w_j: T) { sum_j relu(a_i) * w_j } }
function! { floor Floor 1 T (a_i: T, w_j: T) { sum_j floor(a_i) * w_j } }
function! { ceil Ceil 1 T (a_i: T, w_j: T) { sum_j ceil(a_i) * w_j } }
function! { trunc Trunc 1 T (a_i: T, w_j: T) { sum_j trunc(a_i) * w_j } }
function! { fract Fract 1 T (a_i: T, w_j: T) { sum_j fract(a_i) * w_j } }
function! { round Round 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j round(a_i, 1) * w_j } }
function! { modulo Modulo 2 T (a_i: T, b_i: T, w_j: T) { sum_j modulo(a_i, b_i) * w_j } }
function! { rem Rem 2 T (a_i: T, b_i: T, w_j: T) { sum_j rem(a_i, b_i) * w_j } }
function! { minimum Minimum 2 T (a_i: T, b_i: T, w_j: T) { sum_j minimum(a_i, b_i) * w_j } }
function! { maximum Maximum 2 T (a_i: T, b_i: T, w_j: T) { sum_j maximum(a_i, b_i) * w_j } }
function! { clamp Clamp 3 T (a_i: T, b_i: T, c_i: T, w_j: T) { sum_j clamp(a_i, b_i, c_i) * w_j } }
function! { matern Matern 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j matern(1.5, a_i) * w_j } }
function! { elem Elem 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j elem(a_i, 0) * w_j } }
function! { concat Concat 2 [T; 2] (a_i: [T; 2], b_i: [T; 2], w_j: T) { sum_j concat(a_i, b_i) * w_j } }
function! { sum Sum 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j sum(a_i) * w_j } }
function! { dot Dot 2 [T; 2] (a_i: [T; 2], b_i: [T; 2], w_j: T) { sum_j dot(a_i, b_i) * w_j } }
function! { sqnorm Sqnorm 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j sqnorm(a_i) * w_j } }
function! { norm Norm 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j norm(a_i) * w_j } }
function! { normalize Normalize 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j normalize(a_i) * w_j } }
function! { sqdist Sqdist 2 [T; 2] (a_i: [T; 2], b_i: [T; 2], w_j: T) { sum_j sqdist(a_i, b_i) * w_j } }
function! { max Max 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j max(a_i) * w_j } }
function! { min Min 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j min(a_i) * w_j } }
function! { argmax Argmax 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j argmax(a_i) * w_j } }
function! { argmin Argmin 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j argmin(a_i) * w_j } }
function! { any AnyOf 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j any(a_i) * w_j } }
function! { all AllOf 1 [T; 2] (a_i: [T; 2], w_j: T) { sum_j all(a_i) * w_j } }
