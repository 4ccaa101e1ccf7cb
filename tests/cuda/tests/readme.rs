//! The program of the README's section on cards, on the fake driver. It is word for word what stands there.

mod common;

mod program {
    #![allow(clippy::print_stdout, reason = "a program")]
    // from here on
    use keops::{Cuda, Error, keops};

    keops! {
        fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j }
    }

    fn main() -> Result<(), Error> {
        let (x, y, b) = (vec![[0.1f32, 0.2, 0.3]; 500], vec![[0.3, 0.2, 0.1]; 700], vec![1.0f32; 700]);
        let cuda = Cuda::new(0)?;
        let a: Vec<f32> = gauss(&x, &y, &b, 0.05).eval_on(&cuda)?; // points and results in the memory of this process

        let (x, y, b) = (cuda.upload(&x)?, cuda.upload(&y)?, cuda.upload(&b)?); // and on the card: operands like slices
        let on_card = gauss(&x, &y, &b, 0.05).eval_device(&cuda)?; // is queued, and stays there
        let c: Vec<f32> = gauss(&y, &x, &on_card, 0.05).eval_on(&cuda)?;
        println!("{} {}", a[0], c[0]);
        Ok(())
    }
    // to here
    pub(crate) fn run() -> Result<(), Error> {
        main()
    }
}

#[test]
fn the_program_runs() -> Result<(), keops::Error> {
    keops_cuda_tests::install();
    if common::is_compiled() { program::run() } else { Ok(()) }
}

#[test]
fn it_is_the_one_of_the_readme() {
    let own = include_str!("readme.rs")
        .split_once("// from here on\n")
        .and_then(|(_, rest)| rest.split_once("    // to here"));
    let (own, _) = own.expect("the marks are there");
    let own: String = own.lines().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect();
    assert!(include_str!("../../../README.md").contains(&own), "the README has another program");
}
