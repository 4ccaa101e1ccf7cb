//! Matrices on a card: operands that lie there, entries, and solvers that multiply there.

mod common;

use common::{cuda, lease, points};
use keops::solve::{Operator, Solution};
use keops::{Columns, DeviceVec, Error, keops};

keops! {
    /// With kernels in single precision only.
    fn single(x_i: [f32; 3], y_j: [f32; 3], s: f32) { matern(2.5, norm(x_i - y_j) / s) }
    #[gpu(<f32, 3>, <f64, 3>)]
    fn both<T, const D: usize>(x_i: [T; D], y_j: [T; D], s: T) { matern(2.5, norm(x_i - y_j) / s) }
}

fn near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= 2e-5 * b.abs().max(1.0), "{a} for {b}");
    }
}

/// Points on the card are read there, and give the bits of those in this process.
#[test]
fn operands_that_lie_on_the_card() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    let (x, y) = (points(20, 1), points(33, 2));
    let (on_x, on_y): (DeviceVec<[f32; 3]>, DeviceVec<[f32; 3]>) = (cuda.upload(&x)?, cuda.upload(&y)?);
    let (here, there) = (single(&x, &y, 0.5), single(&on_x, &on_y, 0.5));
    let (here, there, cpu) = (here.on(&cuda), there.on(&cuda), &here);
    let b: Vec<[f32; 11]> = (0..33).map(|n| std::array::from_fn(|c| ((n * c) as f32).sin())).collect();
    let product = there.apply(&b)?;
    assert_eq!(here.apply(&b)?, product);
    near(&product.concat(), &cpu.apply(&b)?.concat());
    let e = product.concat();
    let e = Columns::new(&e, 11)?;
    near(&there.apply_t(&e)?, &cpu.apply_t(&e)?);
    let dense = there.dense()?;
    near(&dense, &cpu.dense()?);
    assert_eq!(there.row(7)?, dense[7 * 33..8 * 33]);
    near(&there.column(5)?, &cpu.column(5)?);
    near(&there.diagonal()?, &cpu.diagonal()?);
    near(&there.block(&[19, 0], ..)?, &cpu.block(&[19, 0], ..)?);
    near(&there.block(3.., &[30, 2])?, &cpu.block(3.., &[30, 2])?);
    near(&there.row_sums()?, &cpu.row_sums()?);
    // a product that stays there
    let first: Vec<f32> = b.iter().map(|row| row[1]).collect();
    let kept: DeviceVec<f32> = single(&on_x, &on_y, 0.5).times(&cuda.upload(&first)?).eval_device(&cuda)?;
    assert_eq!(kept.to_host()?, there.apply(&first)?);
    Ok(())
}

/// Solutions with products on the card are as good as those of the processor, in every precision; residuals are computed there, too, where
/// there are kernels in double precision.
#[test]
fn solvers_multiply_on_the_card() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    let x = points(40, 3);
    let b: Vec<f32> = (0..40).map(|n| (n as f32).cos()).collect();
    // ‖b − (K + 0.01) x‖ by the processor, in double precision
    let wide: Vec<[f64; 3]> = x.iter().map(|p| p.map(f64::from)).collect();
    let k = both(&wide, &wide, 0.5);
    let check = |solution: Solution<Vec<f64>>| -> Result<(), Error> {
        assert!(solution.report.converged(), "{}", solution.report);
        let product = k.apply(&solution.x)?;
        let residual = |n: usize| f64::from(b[n]) - product[n] - 0.01 * solution.x[n];
        let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>().sqrt();
        let left = norm(&mut (0..40).map(residual)) / norm(&mut b.iter().map(|v| f64::from(*v)));
        assert!(left <= 1.1e-8, "{left}: {}", solution.report);
        assert!((left - solution.report.residuals[0]).abs() < 1e-9, "{left}: {}", solution.report);
        Ok(())
    };
    let on_x = cuda.upload(&x)?;
    check(single(&x, &x, 0.5).on(&cuda).solve(&b).ridge(0.01).tolerance(1e-8).run()?)?;
    check(single(&on_x, &on_x, 0.5).on(&cuda).solve(&b).ridge(0.01).tolerance(1e-8).run()?)?;
    check(both(&x, &x, 0.5).on(&cuda).solve(&b).ridge(0.01).tolerance(1e-8).run()?)?;
    let double: Vec<f64> = b.iter().map(|v| f64::from(*v)).collect();
    check(k.on(&cuda).solve(&double).ridge(0.01).tolerance(1e-8).run()?)?;

    // where products in double precision are computed is told by their bits, in launches that add up in another order
    let (b, cuda) = (&double, cuda.with_sizes([7, 3, 9]));
    let in_double = |operator: &dyn Operator| {
        let mut out = vec![0.0; 40];
        operator.apply_in_double(b, 1, &mut out).map(|()| out)
    };
    let (on_card, on_cpu) = (k.on(&cuda).apply(b)?, k.apply(b)?);
    let (s, g) = (single(&x, &x, 0.5), both(&x, &x, 0.5));
    assert_eq!(in_double(&g.on(&cuda).operator()?)?, on_card);
    assert_eq!(in_double(&s.on(&cuda).operator()?)?, on_cpu);
    assert_ne!(on_card, on_cpu);
    // and so are those in single precision
    let mut product = vec![0.0; 40];
    s.on(&cuda).operator()?.apply(b, 1, &mut product)?;
    let singles: Vec<f32> = b.iter().map(|v| *v as f32).collect();
    assert_eq!(product, s.on(&cuda).apply(&singles)?.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
    Ok(())
}
