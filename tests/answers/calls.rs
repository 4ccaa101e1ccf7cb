//! What users hold: calls that print, whose operands are replaced, and that code for any formula takes.

use keops::{Call, Error, Plan, SumScheme, keops};

keops! {
    /// Gaussian sum.
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j
    }
    /// An operand that would make `with_grads` twice.
    fn graded<T, const D: usize>(x_i: [T; D], grads_j: [T; D], grads__j: T, v: [T; D]) {
        sum_j dot(x_i + v, grads_j) * grads__j
    }
    /// The call of this is called like that of a gradient of `gauss`.
    fn gauss_grad_x(x_i: f32, y_j: f32) { sum_j x_i * y_j }
}

#[test]
fn calls_print_lengths_and_no_rows() {
    let (x, b) = (vec![[0.123f32; 3]; 1_000_000], vec![0.456f32; 1_000_000]);
    let call = gauss(&x, &x, &b, 0.5);
    let formula = r#"formula: "sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j""#;
    let operands = "x: 1000000 × [f32; 3], y: 1000000 × [f32; 3], b: 1000000 × f32, s2: 0.5";
    assert_eq!(format!("{call:?}"), format!("Gauss {{ {formula}, {operands} }}"));
    let together = format!("{:?}", call.with_grads(&b));
    assert!(together.starts_with("Call { formula: \"with_grads(e) of sum_j "), "{together}");
    assert!(together.ends_with(&format!("{operands}, with_grads(e): 1000000 × f32 }}")), "{together}");
    let gradient = format!("{:?}", call.grad_y(&b));
    assert!(gradient.starts_with("Call { formula: \"grad_y(e) of sum_j ") && !gradient.contains("0.456"), "{gradient}");
    let expression = format!("{:?}", keops!(sum_j x_i * x_j * b_j));
    assert!(expression.contains("x: 1000000 × [f32; 3]") && !expression.contains("0.123"), "{expression}");
}

#[test]
fn operands_are_replaced() -> Result<(), Error> {
    let (x, y, b) = ([[0.0f32; 3]; 2], [[1.0; 3]; 4], [1.0; 4]);
    let call = gauss(&x, &y, &b, 0.5);
    let twice = {
        let b = vec![2.0; 4];
        call.with_b(&b).eval()?
    };
    assert_eq!(twice, gauss(&x, &y, &[2.0; 4], 0.5).eval()?);
    assert_eq!(call.with_x(&y).with_s2(2.0).eval()?, gauss(&y, &y, &b, 2.0).eval()?);
    let short = [1.0f32; 3];
    let wrong = call.with_b(&short).eval().expect_err("three are not four");
    assert_eq!(wrong.to_string(), "`b` has 3 points but `y` has 4: both are indexed by j");

    let v = 0.5;
    let expression = keops!(sum_j exp(-v * sqdist(x_i, y_j)) * b_j);
    assert_eq!(expression.with_b(&[2.0; 4]).with_v(1.0).eval()?, twice);
    let declared = keops!(sum_j exp(-v * sqdist(x_i, y_j)) * b_j where x_i: [f32; 3], y_j: [f32; 3], b_j: f32, v: f32);
    assert_eq!(declared.with_b(&[2.0; 4]).with_v(1.0).eval()?, twice);
    Ok(())
}

#[test]
fn an_operand_may_be_called_grads() -> Result<(), Error> {
    let (x, one) = ([[1.0f64, 2.0]], [1.0]);
    let call = graded(&x, &x, &one, [0.0; 2]);
    assert_eq!(call.eval()?, [5.0]);
    // `grads_` is an operand, too, and has the name that `grads` would have had
    assert_eq!(call.with_grads_(&[3.0]).eval()?, [15.0]);
    assert_eq!(call.with_grads__(&[[0.0, 1.0]]).eval()?, [2.0]);
    assert_eq!(call.with_v([1.0, 0.0]).with_grads(&one).eval()?.value, [6.0]);
    Ok(())
}

/// One that knows no formula.
fn largest<'a, P: Plan>(call: &impl AsRef<Call<'a, f32, P>>) -> Result<f32, Error>
where
    P::Answer: keops::__private::Answer<Owned<f32> = Vec<f32>>,
{
    let values = call.as_ref().eval()?;
    Ok(values.into_iter().fold(f32::NEG_INFINITY, f32::max))
}

#[test]
fn any_formula() -> Result<(), Error> {
    let (x, b) = ([[0.0f32; 3]; 2], [1.0f32, 2.0]);
    assert_eq!(largest(&gauss(&x, &x, &b, 0.5))?, 3.0);
    assert_eq!(largest(&gauss(&x, &x, &b, 0.5).grad_b(&b))?, 3.0);
    assert_eq!(largest(&keops!(sum_j b_i * b_j))?, 6.0);
    let other: GaussGradX<'_> = gauss_grad_x(&b, &b);
    assert_eq!(largest(&other.clone().sum_scheme(SumScheme::Kahan))?, 6.0);
    Ok(())
}
