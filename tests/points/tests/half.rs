//! Operands of half the size: the same results as of the `f32`s that they are, to the last bit.
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fmt::Debug;

use half::{bf16, f16};
use keops::{Call, Cpu, Element, Elements, Error, Isa, Layout, Naive, Owned, Plan, Points, View, keops};

keops! {
    fn gauss<const D: usize>(x_i: [f32; D], y_j: [f32; D], b_j: f32, s2: f32) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j
    }
    fn nearest(x_i: [f32; 3], y_j: [f32; 3]) {
        argmin_j sqdist(x_i, y_j)
    }
    fn handed_on(x_i: f32, one_j: f32) {
        sum_j x_i * one_j
    }
}

/// Numbers of sixteen bits, and what they are.
trait Half: Element<f32> + Copy + Send + Sync {
    const NAME: &'static str;
    fn of(v: f32) -> Self;
    fn bits(bits: u16) -> Self;
    fn exact(self) -> f32;
    fn elements(numbers: &[Self]) -> Elements<'_, f32>;
}
macro_rules! halves {
    ($($half:ident)*) => {$(
        impl Half for $half {
            const NAME: &'static str = stringify!($half);
            fn of(v: f32) -> Self {
                $half::from_f32(v)
            }
            fn bits(bits: u16) -> Self {
                $half::from_bits(bits)
            }
            fn exact(self) -> f32 {
                self.to_f32()
            }
            fn elements(numbers: &[Self]) -> Elements<'_, f32> {
                numbers.into()
            }
        }
    )*};
}
halves!(f16 bf16);

/// The bits of results: every NaN is itself.
fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|v| v.to_bits()).collect()
}

fn points<H: Half, const D: usize>(len: usize, seed: usize) -> (Vec<[H; D]>, Vec<[f32; D]>) {
    let number = |n: usize| H::of(((n * 7919 + seed) % 1013) as f32 / 500.0 - 1.0);
    let halves: Vec<[H; D]> = (0..len).map(|n| std::array::from_fn(|k| number(n * D + k))).collect();
    let exact = halves.iter().map(|point| point.map(H::exact)).collect();
    (halves, exact)
}

/// The same results from all engines.
fn same<P: Plan>(halves: &Call<'_, f32, P>, exact: &Call<'_, f32, P>)
where
    Owned<P, f32>: PartialEq + Debug,
    Owned<P, f64>: PartialEq + Debug,
{
    for isa in Isa::available() {
        let cpu = Cpu::with(isa).unwrap();
        assert_eq!(halves.eval_on(&cpu).unwrap(), exact.eval_on(&cpu).unwrap(), "{isa:?}");
    }
    assert_eq!(halves.eval_on(&Naive).unwrap(), exact.eval_on(&Naive).unwrap());
    assert_eq!(halves.naive().unwrap(), exact.naive().unwrap());
}

fn calls<H: Half, const D: usize>(rows: usize, cols: usize)
where
    [H; D]: Element<[f32; D]>,
{
    let ((x, exact_x), (y, exact_y), (b, exact_b)) =
        (points::<H, D>(rows, 1), points(cols, 2), points::<H, 1>(cols, 3));
    let (b, exact_b) = (b.as_flattened(), exact_b.as_flattened());
    let (halves, exact) = (gauss(&x, &y, b, 0.3), gauss(&exact_x, &exact_y, exact_b, 0.3));
    same(halves.as_ref(), exact.as_ref());
    let e = vec![1.0; rows];
    same(halves.grad_y(&e).as_ref(), exact.grad_y(&e).as_ref());
    // beside operands of other types
    same(gauss(&x, &exact_y, b, 0.3).as_ref(), exact.as_ref());
    same(exact.with_x(&x).as_ref(), exact.as_ref());
    same(exact.grad_b(&vec![H::of(1.0); rows]).as_ref(), exact.grad_b(&e).as_ref());
}

/// Tiles that are whole, that are not, and several of them; points that fill lanes, and that do not.
#[test]
fn results_are_those_of_the_same_numbers() {
    for (rows, cols) in [(1, 1), (3, 1000), (700, 5), (129, 257), (300, 3001)] {
        calls::<f16, 3>(rows, cols);
        calls::<bf16, 3>(rows, cols);
    }
    calls::<f16, 1>(100, 70);
    calls::<f16, 17>(100, 70);
    calls::<bf16, 4>(100, 70);
    calls::<f16, 3>(0, 4);
    calls::<bf16, 3>(4, 0);
}

#[test]
fn places_of_points() {
    fn of<H: Half>()
    where
        [H; 3]: Element<[f32; 3]>,
    {
        let ((x, exact_x), (y, exact_y)) = (points::<H, 3>(50, 1), points::<H, 3>(600, 2));
        same(nearest(&x, &y).as_ref(), nearest(&exact_x, &exact_y).as_ref());
    }
    of::<f16>();
    of::<bf16>();
}

/// All there are, subnormals, infinities and NaNs with them.
#[test]
fn every_number_is_converted_exactly() {
    fn of<H: Half>() {
        let all: Vec<H> = (0..=u16::MAX).map(H::bits).collect();
        let exact: Vec<u32> = all.iter().map(|v| v.exact().to_bits()).collect();
        // alone, all in a row, and with others between
        let view = H::view(&all).unwrap();
        assert_eq!(bits(&view.numbers().collect::<Vec<_>>()), exact, "{}", H::NAME);
        let mut row = vec![0.0; all.len()];
        view.copy_to(&mut row);
        assert_eq!(bits(&row), exact, "{}", H::NAME);
        let every_third = Layout { first: 1, point: 3, ..Layout::points(all.len() / 3, 1) };
        let mut thirds = vec![0.0; all.len() / 3];
        View::new(H::elements(&all), every_third).unwrap().copy_to(&mut thirds);
        let expected: Vec<u32> = exact.iter().skip(1).step_by(3).copied().take(thirds.len()).collect();
        assert_eq!(bits(&thirds), expected);
        // and through a kernel that hands them on, where a sum makes of -0 what it does
        let (halves, exact) = (handed_on(&all, &[1.0]).eval().unwrap(), handed_on(&row, &[1.0]).eval().unwrap());
        assert_eq!(bits(&halves), bits(&exact));
    }
    of::<f16>();
    of::<bf16>();
}

/// Component after component, with other numbers between, and a part of a matrix.
#[test]
fn any_layout() {
    fn of<H: Half>()
    where
        [H; 3]: Element<[f32; 3]>,
    {
        let ((x, exact_x), (y, exact_y), (b, exact_b)) =
            (points::<H, 3>(90, 1), points::<H, 3>(70, 2), points::<H, 5>(70, 3));
        let components: Vec<H> = (0..3).flat_map(|k| x.iter().map(move |x| x[k])).collect();
        let layout = Layout { point: 1, component: 90, ..Layout::points(90, 3) };
        let x = Points::<[f32; 3]>::of(View::new(H::elements(&components), layout).unwrap()).unwrap();
        let column = Layout { first: 2, point: 5, ..Layout::points(70, 1) };
        let b = Points::<f32>::of(View::new(H::elements(b.as_flattened()), column).unwrap()).unwrap();
        let exact_b: Vec<f32> = exact_b.iter().map(|b| b[2]).collect();
        let exact = gauss(&exact_x, &exact_y, &exact_b, 0.3);
        same(gauss(&x, &y, &b, 0.3).as_ref(), exact.as_ref());
        let e = [1.0; 90];
        same(gauss(&x, &y, &b, 0.3).grad_x(&e).as_ref(), exact.grad_x(&e).as_ref());
    }
    of::<f16>();
    of::<bf16>();
}

/// Of expressions the operands say what they are: a number of sixteen bits is one `f32` and nothing else.
#[test]
fn expressions_need_no_types() {
    let ((x, exact_x), (y, exact_y)) = (points::<f16, 3>(20, 1), points::<f16, 3>(30, 2));
    let halves = keops!(logsumexp_j(-sqdist(x_i, y_j))).eval().unwrap();
    let (x, y) = (&exact_x, &exact_y);
    assert_eq!(halves, keops!(logsumexp_j(-sqdist(x_i, y_j))).eval().unwrap());
    let b: Vec<bf16> = [0.5, 2.0, -1.0].map(bf16::of).into();
    let (x, y) = ([[f16::of(0.5); 3]; 2], [[bf16::of(0.25); 3]; 4]);
    assert_eq!(keops!(sum_j sqdist(x_i, y_j)).eval().unwrap(), [0.75, 0.75]);
    let a = [1.0f32, 2.0];
    assert_eq!(keops!(sum_j a_i * b_j).eval().unwrap(), [1.5, 3.0]);
}

#[test]
fn mistakes_are_told_as_of_other_operands() {
    let (x, _) = points::<f16, 3>(4, 1);
    let (b, _) = points::<bf16, 1>(3, 1);
    let says = |error: Error, message: &str| assert_eq!(error.to_string(), message);
    says(
        gauss(&x, &x, b.as_flattened(), 0.3).eval().unwrap_err(),
        "`b` has 3 points but `y` has 4: both are indexed by j",
    );
    let view = |layout| View::<f32>::new(x.as_flattened().into(), layout);
    says(
        view(Layout::points(5, 3)).map(|_| ()).unwrap_err(),
        "the layout of an operand or output needs 15 elements, and the array has 12",
    );
    says(
        Points::<[f32; 3]>::of(view(Layout::points(6, 2)).unwrap()).map(|_| ()).unwrap_err(),
        "the formula wants 3 numbers, and the points have 2",
    );
    let indices = View::new(Elements::U32(&[1, 2]), Layout::points(2, 1)).unwrap();
    says(
        Points::<f32>::of(indices).map(|_| ()).unwrap_err(),
        "the formula wants numbers, and these elements are integers (`Elements::U32`); integers are declared: `x_i: u32`",
    );
}

#[test]
fn operands_are_shown_with_their_types() {
    let ((x, _), (y, _), (b, _)) = (points::<f16, 3>(4, 1), points::<bf16, 3>(2, 2), points::<bf16, 1>(2, 3));
    let shown = format!("{:?}", gauss(&x, &y, b.as_flattened(), 0.5));
    for operand in ["4 × [f16; 3]", "2 × [bf16; 3]", "2 × bf16", "0.5"] {
        assert!(shown.contains(operand), "{operand} in {shown}");
    }
}
