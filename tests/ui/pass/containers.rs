//! What may hold the points of an operand.
use std::borrow::Cow;
use std::cell::{LazyCell, RefCell};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex, RwLock};

use keops::keops;

keops! { fn sums(x_i: [f64; 2], y_j: f64) { sum_j x_i * y_j } }

struct Cloud {
    points: Vec<[f64; 2]>,
}

fn main() {
    let cloud = Cloud { points: vec![[1.0, 2.0]; 3] };
    let y = [1.0, 2.0];
    let want = [[3.0, 6.0]; 3];

    let array: [[f64; 2]; 3] = [[1.0, 2.0]; 3];
    let slice: &[[f64; 2]] = &cloud.points;
    let boxed: Box<[[f64; 2]]> = slice.into();
    let cow: Cow<'_, [[f64; 2]]> = slice.into();
    let (rc, arc): (Rc<[[f64; 2]]>, Arc<Vec<[f64; 2]>>) = (slice.into(), Arc::new(slice.to_vec()));
    let mut owned = slice.to_vec();
    let mutable = &mut owned;

    assert_eq!(sums(&array, &y).eval().unwrap(), want);
    assert_eq!(sums(slice, &y).eval().unwrap(), want);
    assert_eq!(sums(&slice, &&y).eval().unwrap(), want);
    assert_eq!(sums(&boxed, y.as_slice()).eval().unwrap(), want);
    assert_eq!(sums(&cow, &vec![1.0, 2.0]).eval().unwrap(), want);

    let (x, b) = (&cloud.points, &y[..]);
    assert_eq!(keops!(sum_j array_i * y_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j slice_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j boxed_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j cow_i * rc_j / rc_j * b_j).eval().is_err(), true);
    assert_eq!(keops!(sum_j rc_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j arc_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j mutable_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j x_i * b_j).eval().unwrap(), want);
    let (scale, at) = (&2.0, &[0.5, 0.5]);
    assert_eq!(keops!(sum_j scale * at * x_i * b_j).eval().unwrap(), want);

    guards();
}

static POINTS: LazyLock<Vec<[f64; 2]>> = LazyLock::new(|| vec![[1.0, 2.0]; 3]);

/// Something that is a slice by `Deref`, of which no crate of ours knows.
struct Other(Vec<[f64; 2]>);
impl Deref for Other {
    type Target = [[f64; 2]];
    fn deref(&self) -> &[[f64; 2]] {
        &self.0
    }
}

/// What is behind locks, in cells, and in what makes it when it is wanted.
fn guards() {
    let (y, want) = ([1.0, 2.0], [[3.0, 6.0]; 3]);
    let (cell, mutex, lock) = (RefCell::new([[1.0, 2.0]; 3]), Mutex::new(POINTS.clone()), RwLock::new(POINTS.clone()));
    let cell_of_box: RefCell<Box<[f64]>> = RefCell::new(Box::new(y));
    let (scale, lazy) = (RefCell::new(1.0), LazyCell::new(|| [1.0, 2.0]));
    let kept = ManuallyDrop::new(y);
    {
        let (m, c, b, s) = (mutex.lock().unwrap(), cell.borrow(), cell_of_box.borrow(), scale.borrow());
        assert_eq!(sums(&m, &b).eval().unwrap(), want);
        assert_eq!(sums(&c, &lazy).eval().unwrap(), want);
        assert_eq!(sums(&c, &kept).eval().unwrap(), want);
        assert_eq!(keops!(sum_j s * m_i * b_j).eval().unwrap(), want);
        assert_eq!(keops!(sum_j s * c_i * lazy_j).eval().unwrap(), want);
        assert_eq!(keops!(sum_j c_i * kept_j where c_i: [f64; 2], kept_j: f64).eval().unwrap(), want);
    }
    {
        let (c, r, s) = (cell.borrow_mut(), lock.read().unwrap(), scale.borrow_mut());
        assert_eq!(sums(&c, &y).with_x(&r).eval().unwrap(), want);
        assert_eq!(keops!(sum_j s * c_i * y_j).eval().unwrap(), want);
        assert_eq!(keops!(sum_j s * r_i * y_j).grad_y(&want).eval().unwrap(), [45.0, 45.0]);
    }
    let w = lock.write().unwrap();
    assert_eq!(keops!(sum_j w_i * y_j).eval().unwrap(), want);
    assert_eq!(sums(&w, &y).with_x(&*POINTS).eval().unwrap(), want);
    assert_eq!(keops!(sum_j POINTS_i * y_j).eval().unwrap(), want);
    let cow: Cow<'_, Vec<[f64; 2]>> = Cow::Borrowed(&POINTS);
    let (boxed, arc) = (Box::new(&cow), Arc::new(Rc::new(*POINTS.first().unwrap())));
    assert_eq!(keops!(sum_j boxed_i * y_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j arc * y_j * boxed_i / boxed_i).eval().unwrap(), want);
    let other = Other(POINTS.clone());
    let x = &*other;
    assert_eq!(sums(&*other, &y).eval().unwrap(), want);
    assert_eq!(keops!(sum_j x_i * y_j).eval().unwrap(), want);
}
