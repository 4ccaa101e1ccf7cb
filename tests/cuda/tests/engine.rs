//! What users do with cards, on a fake driver: points that stay there, streams, threads, little memory, and nothing left behind.

mod common;

use common::{cuda, lease, points};
use keops::{Cuda, Device, DeviceVec, Error, keops};
use keops_cuda_tests::Live;

keops! {
    #[gpu(grad_x, grad_s2, with_grads)]
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j }
    /// Two passes over the pairs, and a result of one as an operand of the other.
    #[gpu(grad_y)]
    fn soft_min(x_i: [f32; 3], y_j: [f32; 3], f_j: f32, eps: f32) {
        -eps * logsumexp_j((f_j - sqdist(x_i, y_j)) / eps)
    }
    fn nearest(x_i: [f32; 3], y_j: [f32; 3]) { min_argmin_j sqdist(x_i, y_j) }
}

#[test]
fn chains_stay_on_the_card() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    let (x, y) = (points(70, 1), points(90, 2));
    let mut f = vec![0.0; 90];
    let mut g = vec![];
    for _ in 0..3 {
        g = soft_min(&x, &y, &f, 0.1).eval_on(&cuda)?;
        f = soft_min(&y, &x, &g, 0.1).eval_on(&cuda)?;
    }
    let (on_x, on_y): (DeviceVec<[f32; 3]>, DeviceVec<[f32; 3]>) = (cuda.upload(&x)?, cuda.upload(&y)?);
    let mut on_f = cuda.upload(&vec![0.0f32; 90])?;
    let before = device.calls("cuMemcpyDtoHAsync_v2") + device.calls("cuStreamSynchronize");
    let mut on_g = on_f.clone();
    for _ in 0..3 {
        on_g = soft_min(&on_x, &on_y, &on_f, 0.1).eval_device(&cuda)?;
        on_f = soft_min(&on_y, &on_x, &on_g, 0.1).eval_device(&cuda)?;
    }
    let after = device.calls("cuMemcpyDtoHAsync_v2") + device.calls("cuStreamSynchronize");
    assert_eq!(before, after, "nothing was waited for");
    assert_eq!((on_f.len(), format!("{on_f:?}").contains("90 × f32 on card")), (90, true));
    on_f.wait()?;
    assert_eq!((on_g.to_host()?, on_f.to_host()?), (g, f));
    // where there is no card, the same program computes here
    let here = Device::from(keops::Cpu::default());
    let kept = soft_min(&x, &y, &vec![0.0; 90], 0.1).eval_device(&here)?;
    let there = Device::from(cuda.clone());
    let titles = [there.to_string(), here.to_string(), cuda.device().to_string()];
    assert!(
        titles[0].contains("PTX interpreter") && titles[0].contains("1.0 GiB, compute capability 7.5"),
        "{titles:?}"
    );
    assert!(titles[1].starts_with("the processor (") && titles[0] == titles[2], "{titles:?}");
    for device in [&there, &here] {
        let other = device.stream()?;
        let kept = soft_min(&x, &y, &vec![0.0; 90], 0.1).eval_device(&other)?;
        other.wait()?;
        assert_eq!(kept.to_host()?, soft_min(&x, &y, &vec![0.0; 90], 0.1).eval_on(device)?);
    }
    assert_eq!(soft_min(&on_x, &on_y, &vec![0.0; 90], 0.1).eval_device(&there)?.to_host()?, {
        soft_min(&x, &y, &vec![0.0; 90], 0.1).eval_on(&cuda)?
    });
    assert_eq!(soft_min(&y, &x, &kept, 0.1).eval_device(&here)?.to_host()?.len(), 90);
    // and what lies on a card is an operand there, too
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(close(&soft_min(&on_x, &y, &on_f, 0.1).eval()?, &soft_min(&x, &y, &on_f.to_host()?, 0.1).eval()?));
    Ok(())
}

#[test]
fn results_of_every_kind_stay_on_the_card() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    let (x, y, b, e) = (points(20, 3), points(30, 4), vec![0.5; 30], vec![1.0; 20]);
    let (smallest, at): (DeviceVec<f32>, DeviceVec<u32>) = nearest(&x, &y).eval_device(&cuda)?;
    assert_eq!((smallest.to_host()?, at.to_host()?), nearest(&x, &y).eval_on(&cuda)?);
    let gx: DeviceVec<[f32; 3]> = gauss(&x, &y, &b, 0.3).grad_x(&e).eval_device(&cuda)?;
    assert_eq!(gx.to_host()?, gauss(&x, &y, &b, 0.3).grad_x(&e).eval_on(&cuda)?);
    let gs2: DeviceVec<f32> = gauss(&x, &y, &b, 0.3).grad_s2(&e).eval_device(&cuda)?;
    assert_eq!(gs2.to_host()?, [gauss(&x, &y, &b, 0.3).grad_s2(&e).eval_on(&cuda)?]);
    // a value with its gradients has their names, whatever is asked for
    let GaussWithGradsOnDevice { value, grad_x, grad_y, grad_b, grad_s2 } =
        gauss(&x, &y, &b, 0.3).with_grads(&e).eval_device(&cuda)?;
    let all = gauss(&x, &y, &b, 0.3).with_grads(&e).eval_on(&cuda)?;
    assert_eq!((value.to_host()?, grad_b.to_host()?, grad_s2.to_host()?), (all.value, all.grad_b, vec![all.grad_s2]));
    assert_eq!((grad_x.to_host()?, grad_y.to_host()?), (all.grad_x, all.grad_y));
    // also where types are not declared
    let here = keops!(sum_j exp(-sqdist(x_i, y_j)) * b_j).with_grads(&e).eval_device(&keops::Cpu::default())?;
    let (value, grad_y): (DeviceVec<f32>, DeviceVec<[f32; 3]>) = (here.value, here.grad_y);
    let host = keops!(sum_j exp(-sqdist(x_i, y_j)) * b_j).with_grads(&e).eval()?;
    assert_eq!((value.to_host()?, grad_y.to_host()?), (host.value, host.grad_y));
    // uploading what is there makes a copy; an empty one is one, too
    let again = cuda.upload(&gx)?;
    assert_eq!(again.to_host()?, gx.to_host()?);
    assert!(cuda.upload::<f32, _>(&vec![0.0f32; 0])?.to_host()?.is_empty());
    assert_eq!(gauss(&points(0, 1), &y, &b, 0.3).eval_device(&cuda)?.to_host()?, []);
    Ok(())
}

#[test]
fn nothing_grows() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device).with_sizes([8, 8, 2]);
    let (x, y, b, e) = (points(5, 5), points(6, 6), vec![0.5; 6], vec![1.0; 5]);
    let call = |cuda: &Cuda| -> Result<(), Error> {
        gauss(&x, &y, &b, 0.3).with_grads(&e).eval_on(cuda)?;
        let kept = gauss(&x, &y, &b, 0.3).eval_device(cuda)?;
        gauss(&x, &y, &b, 0.3).grad_x(&kept).eval_on(cuda).map(|_| ())
    };
    call(&cuda)?;
    call(&cuda)?;
    let (before, allocations) = (device.live(), device.calls("cuMemAlloc_v2"));
    for _ in 0..1000 {
        call(&cuda)?;
    }
    // the ring of pinned memory grows to its size, and an event goes round with each piece of it
    let Live { pinned, events, .. } = device.live();
    assert!(pinned <= 4 && events <= 4, "{pinned} pieces of pinned memory, {events} events");
    let now = Live { pinned: before.pinned, events: before.events, ..device.live() };
    assert_eq!((now, device.calls("cuMemAlloc_v2")), (before, allocations), "a call has asked for more memory");
    drop(cuda);
    assert_eq!(device.live(), Live::default());
    Ok(())
}

#[test]
fn memory_dropped_anywhere_comes_back() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    for cuda in [cuda.clone(), cuda.exact()?] {
        let (kept, large) = (cuda.upload(&points(100, 7))?, cuda.upload(&vec![0.5f64; 300_000])?);
        let other = std::thread::spawn(move || drop((kept, large)));
        other.join().expect("dropping does not panic");
        // the engine may go before what it has made
        let last = cuda.upload(&points(3, 8))?;
        drop(cuda);
        assert_eq!(last.to_host()?, points(3, 8));
    }
    // by a thread that ends
    thread_local! {
        static KEPT: std::cell::RefCell<Option<DeviceVec<[f32; 3]>>> = const { std::cell::RefCell::new(None) };
    }
    for is_first in [true, false] {
        let cuda = cuda.clone();
        let thread = std::thread::spawn(move || {
            if is_first {
                KEPT.set(None);
            }
            KEPT.set(cuda.upload(&points(100, 7)).ok());
        });
        thread.join().expect("a thread ends without a panic");
    }
    drop(cuda);
    assert_eq!(device.live(), Live::default());
    Ok(())
}

#[test]
fn threads_and_streams() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    let (x, y, b) = (points(40, 9), points(60, 10), vec![0.5; 60]);
    let expected = gauss(&x, &y, &b, 0.3).eval_on(&cuda)?;
    let on_y = cuda.upload(&y)?;
    std::thread::scope(|scope| {
        let mut running = vec![];
        for k in 0..4 {
            // two share a stream, two have one of their own
            let (cuda, x, b, on_y) = (cuda.clone(), &x, &b, &on_y);
            running.push(scope.spawn(move || {
                let cuda = if k % 2 == 0 { cuda } else { cuda.stream()? };
                let on_x = cuda.upload(x)?;
                let results = (0..10).map(|_| gauss(&on_x, on_y, b, 0.3).eval_device(&cuda)?.to_host());
                results.collect::<Result<Vec<_>, Error>>()
            }));
        }
        for thread in running {
            let results = thread.join().expect("no thread panics").expect("no call fails");
            assert!(results.into_iter().all(|result| result == expected));
        }
    });
    // what one stream computes is an operand in another, and is dropped while that is queued
    let other = cuda.stream()?;
    let e = gauss(&x, &y, &b, 0.3).eval_device(&cuda)?;
    let gx = gauss(&x, &y, &b, 0.3).grad_x(&e).eval_device(&other)?;
    drop(e);
    let next = gauss(&y, &x, &vec![1.0; 40], 0.3).eval_device(&cuda)?;
    assert_eq!(gx.to_host()?, gauss(&x, &y, &b, 0.3).grad_x(&expected).eval_on(&cuda)?);
    assert_eq!(next.to_host()?, gauss(&y, &x, &vec![1.0; 40], 0.3).eval_on(&cuda)?);
    Ok(())
}

/// Operands that are larger than the card's memory are taken in pieces, to the same bits.
#[test]
fn more_than_the_memory_holds() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    let (m, n) = (6, 3 << 16);
    let (x, y) = (points(m, 11), points(n, 12));
    let b: Vec<f32> = y.iter().map(|y| y[2] - 0.5).collect();
    // few threads, for the interpreter's sake
    let cuda = cuda.with_sizes([8, 64, 3]);
    let whole = gauss(&x, &y, &b, 0.3).eval_on(&cuda)?;
    drop(cuda);
    // operands have 3 MB
    device.set_memory(2 << 20);
    let cuda = Cuda::new(device.number() as u32)?.with_sizes([8, 64, 3]).with_memory(2 << 20, 1 << 18);
    assert_eq!(whole, gauss(&x, &y, &b, 0.3).eval_on(&cuda)?);
    assert!(device.live().bytes <= 2 << 20);
    Ok(())
}

/// How much is free decides what is taken in pieces, not how much is large on other cards: operands, and results.
#[test]
fn a_small_card() -> Result<(), Error> {
    let device = lease();
    // columns that can be cut, and threads for rows
    let sizes = |cuda: Cuda| [cuda.with_sizes([8, 64, 64]), cuda.with_sizes([64, 8, 1])];
    let [cuda, of_rows] = sizes(cuda!(device));
    let (few, many) = (points(5, 15), points(24_000, 16));
    let b: Vec<f32> = many.iter().map(|y| y[2] - 0.5).collect();
    let (sums, each) = (gauss(&few, &many, &b, 0.3), gauss(&many, &few, &b[..5], 0.3));
    let whole = (sums.eval_on(&cuda)?, each.eval_on(&of_rows)?);
    drop((cuda, of_rows));
    // a cloud has 288 kB, a weight or a result for each of its points 96 kB
    device.set_memory(200 << 10);
    let [cuda, of_rows] = sizes(Cuda::new(device.number() as u32)?);
    assert_eq!(whole, (sums.eval_on(&cuda)?, each.eval_on(&of_rows)?));
    drop(of_rows);
    let cards = keops::Cards::of([device.number() as u32])?;
    assert_eq!(each.eval_on(&cards)?.len(), many.len());
    drop(cards);
    // what is there already leaves little, and there is no room for what was free a moment ago
    let kept = cuda.upload(&[0.5f32; 10_000])?;
    let exact = cuda.exact()?;
    let before = device.calls("cuMemAlloc_v2");
    assert_eq!(whole.0, sums.eval_on(&exact)?);
    let allocations = device.calls("cuMemAlloc_v2") - before;
    for nth in [1, 4, allocations / 2] {
        // it is tried twice
        (0..2).for_each(|_| device.fail("cuMemAlloc_v2", nth, 2));
        match sums.eval_on(&exact) {
            Ok(sums) => assert_eq!(whole.0, sums),
            // a parameter, or the copy of few points, has no smaller pieces
            Err(error) => assert!(nth <= 3 && error.to_string().contains("is out of memory"), "{nth}: {error}"),
        }
    }
    drop(exact);
    // results that are to stay have to fit
    let gradient = each.grad_x(&b).eval_device(&cuda).map(|_| ());
    let refused = gradient.expect_err("there is no room").to_string();
    assert!(refused.contains("is out of memory") && refused.contains("has to fit"), "{refused}");
    drop((kept, cuda));
    assert_eq!(device.live(), keops_cuda_tests::Live::default());
    Ok(())
}

/// Copies from this process need not be waited for, and these numbers may be changed at once.
#[test]
fn operands_may_be_changed_when_the_call_returns() -> Result<(), Error> {
    let device = lease();
    let cuda = cuda!(device);
    let (x, mut y, b) = (points(3, 13), points(1 << 17, 14), vec![0.5; 1 << 17]);
    let cuda = cuda.with_sizes([8, 64, 3]);
    let expected = gauss(&x, &y, &b, 0.3).eval_on(&cuda)?;
    let queued = gauss(&x, &y, &b, 0.3).eval_device(&cuda)?;
    let uploaded = cuda.upload(&y)?;
    y.fill([9.0; 3]);
    assert_eq!(queued.to_host()?, expected);
    assert_eq!(uploaded.to_host()?, points(1 << 17, 14));
    Ok(())
}
