//! What goes wrong on cards is told in words, and leaves nothing behind.

mod common;

use common::{cuda, is_compiled, lease, points};
use keops::{Cuda, Error, Keeps, keops};
use keops_cuda_tests::{Device as Fake, Live, says};

keops! {
    #[gpu(grad_x)]
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j }
    #[gpu(<f32, 2>)]
    fn nearest<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { argmin_j sqdist(x_i, y_j) }
}

fn card(device: &Fake) -> Result<Cuda, Error> {
    Cuda::new(device.number() as u32)
}

fn call(cuda: &Cuda) -> Result<Vec<f32>, Error> {
    gauss(&points(5, 1), &points(7, 2), &[0.5; 7], 0.3).eval_on(cuda)
}

#[test]
fn cards_that_are_not_there() {
    let device = lease();
    says(Cuda::new(1000), &["there is no card 1000: this machine has", "cards, counted from 0"]);
    let (number, cards) = (device.number(), Cuda::devices().expect("the fake driver has cards"));
    assert_eq!((cards[number].ordinal as usize, cards[number].capability.0 >= 7), (number, true));
}

#[test]
fn no_card_at_all() {
    lease();
    says(keops::Cards::of([]), &["no card was asked for", "`Cuda::all()` takes all that there are"]);
}

/// `fn main() -> Result<(), keops::Error>` shows the message, as unwrapping does.
#[test]
fn what_main_shows_is_the_message() {
    let error = Cuda::new(lease().number() as u32 + 1000).expect_err("there are not so many cards");
    assert_eq!(format!("{error:?}"), error.to_string());
    assert!(error.to_string().starts_with("there is no card 10"), "{error}");
}

#[test]
fn operands_that_do_not_fit() -> Result<(), Error> {
    let (device, other) = (lease(), lease());
    if !is_compiled() {
        return Ok(());
    }
    let (cuda, elsewhere) = (card(&device)?, card(&other)?);
    let (x, y) = (points(5, 1), points(7, 2));
    says(gauss(&x, &y, &[0.5; 6], 0.3).eval_on(&cuda), &["`b` has 6 points but `y` has 7: both are indexed by j"]);
    let there = elsewhere.upload(&y)?;
    let parts = ["`y`: it lies on card", &format!("card {}", other.number()), "upload it there", "`.to_host()`"];
    says(gauss(&x, &there, &[0.5; 7], 0.3).eval_on(&cuda), &parts);
    // and through this process it goes
    assert_eq!(gauss(&x, &there.to_host()?, &[0.5; 7], 0.3).eval_on(&cuda)?, call(&cuda)?);
    Ok(())
}

#[test]
fn formulas_without_kernels() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    says(
        nearest(&[[0.0f64; 2]], &[[0.0; 2]]).eval_on(&cuda),
        &["errors.rs", "not for these numbers (f64)", "#[gpu(<f64, …>)]"],
    );
    says(
        nearest(&[[0.0f32; 3]], &[[0.0; 3]]).eval_on(&cuda),
        &["errors.rs", "has GPU kernels, but not for these numbers (f32) and dimensions"],
    );
    let call = gauss(&[[0.0f32; 3]], &[[0.0; 3]], &[1.0], 0.3);
    says(call.grad_s2(&[1.0]).eval_on(&cuda), &["no GPU kernels for `grad_s2`", "#[gpu(grad_s2)]"]);
    let (x, y) = ([[0.0f32; 3]], [[0.0f32; 3]]);
    says(keops!(min_j sqdist(x_i, y_j)).eval_on(&cuda), &["has no GPU kernels", "declare its operands' types"]);
    Ok(())
}

/// Each function of the driver fails once, at every call of it that there is: an error, nothing left behind, and the next call works.
#[test]
fn every_call_of_the_driver_may_fail() -> Result<(), Error> {
    let device = lease();
    if !is_compiled() {
        return Ok(());
    }
    let expected = call(&card(&device)?)?;
    for name in [
        "cuDeviceGet",
        "cuDevicePrimaryCtxRetain",
        "cuStreamCreateWithPriority",
        "cuModuleLoadDataEx",
        "cuModuleGetFunction",
        "cuMemAlloc_v2",
        "cuMemAllocHost_v2",
        "cuMemcpyHtoDAsync_v2",
        "cuMemcpyDtoHAsync_v2",
        "cuLaunchKernel",
        "cuStreamSynchronize",
    ] {
        for code in [2, 999, 2000] {
            let before = device.calls(name);
            call(&card(&device)?)?;
            let calls = device.calls(name) - before;
            assert!(calls > 0, "`{name}` is not called");
            for nth in 1..=calls {
                device.fail(name, nth, code);
                let answer = card(&device).and_then(|cuda| call(&cuda));
                match answer {
                    Ok(result) => {
                        // what lies idle was given back, and it was tried again; or streams were waited for when they were dropped
                        let may = name == "cuMemAlloc_v2" || name == "cuStreamSynchronize" && nth + 2 > calls;
                        assert!(result == expected && may, "`{name}` has failed unseen");
                    }
                    Err(error) => {
                        let (message, code) = (error.to_string(), code.to_string());
                        let told =
                            message.contains(&format!("CUDA error {code})")) || message.contains("out of memory");
                        assert!(told, "{name} {code}: {message}");
                    }
                }
                assert_eq!(
                    device.live(),
                    Live::default(),
                    "call {nth} of `{name}` with {code} leaves something behind"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn errors_say_what_to_do() -> Result<(), Error> {
    let device = lease();
    if !is_compiled() {
        return Ok(());
    }
    device.fail_jit(222, "");
    says(
        card(&device).and_then(|cuda| call(&cuda)),
        &[
            "loading the kernels of the formula at",
            "errors.rs",
            "(CUDA error 222)",
            "driver that is too old needs an update",
        ],
    );
    device.fail_jit(218, "ptxas application ptx input, line 7; error   : Unexpected instruction");
    says(card(&device).and_then(|cuda| call(&cuda)), &["(CUDA error 218)", "line 7; error   : Unexpected instruction"]);
    // a code that cust does not know
    device.fail("cuLaunchKernel", 1, 918);
    says(
        card(&device).and_then(|cuda| call(&cuda)),
        &["launching `", "of the formula at", "errors.rs", "(CUDA error 918)"],
    );
    // what was being done is told where nothing is known of the card
    device.fail("cuDeviceGetAttribute", 1, 101);
    says(card(&device), &["asking the driver what card", "(CUDA error 101)"]);
    device.fail("cuDevicePrimaryCtxRetain", 1, 46);
    says(card(&device), &["making its context", "(CUDA error 46)", "`nvidia-smi` shows"]);
    device.set_memory(1000);
    let cuda = card(&device)?;
    says(
        cuda.upload(&points(1000, 1)),
        &[
            "is out of memory: ",
            "12000 bytes were asked for",
            "of its 1000 are free",
            "operands and results on the host need not",
        ],
    );
    Ok(())
}

/// Some errors are of one launch, and others of all that follows.
#[test]
fn which_errors_lose_the_context() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    for code in [46, 701, 720, 800] {
        device.fail("cuLaunchKernel", 1, code);
        let message = call(&cuda).expect_err("the launch was refused").to_string();
        let told = message.contains(&format!("(CUDA error {code})")) && !message.contains("context is lost");
        assert!(told, "{message}");
        assert_eq!(call(&cuda)?.len(), 5, "what follows {code}");
    }
    drop(cuda);
    for code in [226, 715, 721, 810] {
        let cuda = card(&device)?;
        device.fail_kernel(1, code);
        let parts = [&*format!("(CUDA error {code})"), "The card's context is lost"];
        says(call(&cuda), &parts);
        says(cuda.upload(&points(7, 2)), &parts);
    }
    // words that the driver has not
    let cuda = card(&device)?;
    device.fail("cuLaunchKernel", 1, 918);
    says(call(&cuda), &["an error that the driver has no words for (CUDA error 918)"]);
    Ok(())
}

/// A kernel that fails is named where somebody waits for it, and so is every call after it, until all is dropped.
#[test]
fn a_lost_context() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    let kept = cuda.upload(&points(7, 2))?;
    device.fail_kernel(1, 700);
    let lost = gauss(&points(5, 1), &kept, &[0.5; 7], 0.3).eval_device(&cuda)?;
    let parts = [
        "gauss",
        "of the formula at",
        "errors.rs",
        "(CUDA error 700)",
        "The card's context is lost",
        "drop its arrays and engines",
    ];
    says(lost.to_host(), &parts);
    says(lost.wait(), &parts);
    says(kept.to_host(), &parts);
    says(call(&cuda), &parts);
    says(cuda.upload(&points(7, 2)), &parts);
    says(cuda.stream(), &parts);
    // others still hold the context
    says(card(&device), &["(CUDA error 700)", "drop its arrays and engines"]);
    std::thread::spawn(move || drop((lost, kept, cuda))).join().expect("dropping does not panic");
    assert_eq!(device.live(), Live::default());
    assert_eq!(call(&card(&device)?)?.len(), 5);
    // one that does not come back
    device.recovers(false);
    let cuda = card(&device)?;
    device.fail_kernel(1, 719);
    says(call(&cuda), &["(CUDA error 719)"]);
    drop(cuda);
    says(card(&device), &["(CUDA error 719)", "the process must be started anew"]);
    Ok(())
}

/// What a generic program may ask of an engine.
#[test]
fn engines_are_interchangeable() -> Result<(), Error> {
    fn both<E: Keeps<f32>>(engine: &E) -> Result<(Vec<f32>, Vec<f32>), Error> {
        let (x, y) = (points(5, 1), points(7, 2));
        let call = gauss(&x, &y, &[0.5; 7], 0.3);
        Ok((call.eval_on(engine)?, call.eval_device(engine)?.to_host()?))
    }
    let device = lease();
    if !is_compiled() {
        return Ok(());
    }
    let (cpu, cuda) = (both(&keops::Cpu::default())?, both(&card(&device)?)?);
    assert_eq!((&cpu.0, &cuda.0), (&cpu.1, &cuda.1));
    assert!(cpu.0.iter().zip(&cuda.0).all(|(a, b)| (a - b).abs() < 1e-5));
    Ok(())
}
