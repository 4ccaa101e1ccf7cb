//! The same kernel on the same points, whoever's they are.
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test")]

use bytemuck::{Pod, Zeroable};
use glam::{DVec2, Vec3};
use keops::{Clusters, Element, Elements, Error, Integers, Layout, Operand, Rows, View, keops};
use nalgebra::{Point3, Vector2};
use ndarray::{Array1, Array2, s};

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32) {
        sum_j exp(-sqdist(x_i, y_j)) * b_j
    }
    fn nearest<T>(x_i: [T; 2], y_j: [T; 2]) {
        min_j sqdist(x_i, y_j)
    }
}

const X: [[f32; 3]; 2] = [[0.0, 0.5, 1.0], [1.0, 0.0, -1.0]];
const Y: [[f32; 3]; 3] = [[0.5, 0.5, 0.5], [1.0, 0.25, -1.0], [0.0, 0.0, 0.0]];
const B: [f32; 3] = [1.0, 2.0, 3.0];

fn expected() -> Vec<f32> {
    gauss(&X, &Y, &B).eval().unwrap()
}

/// A point among other things.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Particle {
    name: u32,
    at: [f32; 3],
    mass: f32,
}

impl Particle {
    fn all(points: &[[f32; 3]]) -> Vec<Particle> {
        points.iter().zip(B).zip(7..).map(|((at, mass), name)| Particle { name, at: *at, mass }).collect()
    }
    fn view(particles: &[Self], first: usize, width: usize) -> Result<View<'_, f32>, Error> {
        let layout = Layout { first, point: 5, ..Layout::points(particles.len(), width) };
        View::new(Elements::Same(bytemuck::cast_slice(particles)), layout)
    }
}
impl Element<[f32; 3]> for Particle {
    fn view(particles: &[Self]) -> Result<View<'_, f32>, Error> {
        Particle::view(particles, 1, 3)
    }
}
impl Element<f32> for Particle {
    fn view(particles: &[Self]) -> Result<View<'_, f32>, Error> {
        Particle::view(particles, 4, 1)
    }
}

#[test]
fn particles() {
    let (x, y) = (Particle::all(&X), Particle::all(&Y));
    // one array is the points and their weights
    assert_eq!(gauss(&x, &y, &y).eval().unwrap(), expected());
    assert_eq!(gauss(&X, &y, &B).grad_y(&[1.0; 2]).eval(), gauss(&X, &Y, &B).grad_y(&[1.0; 2]).eval());
    assert_eq!(
        gauss(&x, &[] as &[Particle], &B).eval().unwrap_err().to_string(),
        "`b` has 3 points but `y` has 0: both are indexed by j"
    );
    assert!(x.iter().all(|particle| particle.name >= 7));
}

/// What answers with something else than points.
#[test]
fn views_that_do_not_fit() {
    struct Elsewhere;
    impl Element<[f32; 3]> for Elsewhere {
        fn view(elements: &[Self]) -> Result<View<'_, f32>, Error> {
            View::new(Elements::Same(&[0.0; 30]), Layout::points(elements.len() + 7, 3))
        }
    }
    struct Operands(fn() -> Operand<'static, f32>);
    impl Rows<[f32; 3]> for Operands {
        fn operand(&self) -> Operand<'_, f32> {
            (self.0)()
        }
    }
    let says = |error: Error, message: &str| assert_eq!(error.to_string(), message);
    says(
        gauss(&[Elsewhere], &Y, &B).eval().unwrap_err(),
        "`x`: 8 points for 1 element: `Element::view` answers with a point per element",
    );
    let of = |operand| gauss(&Operands(operand), &Y, &B).naive().unwrap_err();
    says(of(|| Operand::Owned(vec![0.0; 8], 2)), "`x`: the formula wants 3 numbers, and the points have 2");
    says(of(|| Operand::Owned(vec![0.0; 8], 0)), "`x`: the formula wants 3 numbers, and the points have 0");
    says(
        of(|| Operand::Owned(vec![0.0; 8], 3)),
        "`x`: the layout of an operand or output needs 9 elements, and the array has 8",
    );
    let indices =
        || View::new(Elements::U32(&[1; 9]), Layout::points(3, 3)).map_or_else(Operand::Failed, Operand::Host);
    says(
        of(indices),
        "`x`: the formula wants numbers, and these elements are integers (`Elements::U32`); integers are declared: `x_i: u32`",
    );
    says(
        of(|| Operand::Integers(vec![1; 9], 3)),
        "`x`: the formula wants numbers, and these elements are integers (`Elements::U32`); integers are declared: `x_i: u32`",
    );
    let grad = gauss(&X, &Y, &B);
    says(
        grad.with_x(&Operands(|| Operand::Owned(vec![0.0; 8], 2))).eval().unwrap_err(),
        "`x`: the formula wants 3 numbers, and the points have 2",
    );
}

/// Elements of operands that are declared as integers.
#[test]
fn labels() {
    keops! {
        fn same(x_i: f32, y_j: f32, l_i: u32, m_j: [u32; 2]) { sum_j if l_i == m_j[1] { x_i * y_j } }
    }
    #[derive(Clone, Copy)]
    #[repr(transparent)]
    struct Label(u32);
    impl Element<Integers<f32>> for Label {
        fn view(labels: &[Self]) -> Result<View<'_, f32>, Error> {
            let integers = Vec::leak(labels.iter().map(|l| l.0).collect());
            View::new(Elements::U32(integers), Layout::points(labels.len(), 1))
        }
    }
    struct Operands(fn() -> Operand<'static, f32>);
    impl Rows<Integers<f32>> for Operands {
        fn operand(&self) -> Operand<'_, f32> {
            (self.0)()
        }
    }
    let (x, y, l, m) = ([1.0, 2.0, 4.0], [1.0, 10.0], [7, 8, 7], [[0, 7], [7, 7]]);
    let expected = Ok(vec![11.0, 0.0, 44.0]);
    assert_eq!(same(&x, &y, &l, &m).eval(), expected);
    assert_eq!(same(&x, &y, &l.map(Label), &m).eval(), expected);
    assert_eq!(same(&x, &y, &Operands(|| Operand::Integers(vec![7, 8, 7], 1)), &m).eval(), expected);
    // as vectors and matrices of ndarray, component after component and backwards too
    let (vector, matrix) = (Array1::from_iter([7, 8, 7u32]), Array2::from_shape_fn((2, 2), |(k, n)| m[n][k]));
    assert_eq!(same(&x, &y, &vector, &matrix.t()).eval(), expected);
    assert_eq!(same(&x, &y, &vector.slice(s![..;-1]), &matrix.t()).eval(), expected);
    let of = |operand| same(&x, &y, &Operands(operand), &m).naive().unwrap_err().to_string();
    assert_eq!(
        of(|| Operand::Owned(vec![1.0; 3], 1)),
        "`l`: the formula wants integers, `u32`, and these elements are numbers"
    );
    assert_eq!(of(|| Operand::Integers(vec![1; 3], 3)), "`l`: the formula wants 1 number, and the points have 3");
    let error = same(&x, &y, &vector, &Array2::<u32>::zeros((2, 3))).eval().unwrap_err();
    assert_eq!(error.to_string(), "`m`: the formula wants 2 numbers, and the points have 3");
}

#[test]
fn vectors_of_glam() {
    let (x, y): (Vec<Vec3>, Vec<Vec3>) = (X.map(Vec3::from).into(), Y.map(Vec3::from).into());
    assert_eq!(gauss(&x, &y, &B).eval().unwrap(), expected());
    let d = nearest(&[DVec2::new(1.0, 2.0)], &[[1.0, 0.0], [4.0, 2.0]]).eval().unwrap();
    assert_eq!(d, [4.0]);
    let b = B;
    assert_eq!(keops!(sum_j exp(-sqdist(x_i, y_j)) * b_j).eval().unwrap(), expected());
}

#[test]
fn points_of_nalgebra() {
    let (x, y): (Vec<Point3<f32>>, Vec<Point3<f32>>) = (X.map(Point3::from).into(), Y.map(Point3::from).into());
    assert_eq!(gauss(&x, &y, &B).eval().unwrap(), expected());
    let d = nearest(&[Vector2::new(1.0f32, 2.0)], &[[1.0, 0.0], [4.0, 2.0]]).eval().unwrap();
    assert_eq!(d, [4.0]);
}

#[test]
fn arrays_of_ndarray() {
    let matrix = |points: &[[f32; 3]]| Array2::from_shape_fn((points.len(), 3), |(n, k)| points[n][k]);
    let (x, y, b) = (matrix(&X), matrix(&Y), Array1::from_iter(B));
    assert_eq!(gauss(&x, &y, &b).eval().unwrap(), expected());
    // component after component, backwards, and with points between
    let columns = Array2::from_shape_fn((3, 3), |(k, n)| Y[n][k]);
    assert_eq!(gauss(&x, &columns.t(), &b).eval().unwrap(), expected());
    let backwards = gauss(&x.slice(s![..;-1, ..]), &y, &b).eval().unwrap();
    assert_eq!(backwards.into_iter().rev().collect::<Vec<_>>(), expected());
    let twice = Array2::from_shape_fn((4, 3), |(n, k)| X[n / 2][k]);
    assert_eq!(gauss(&twice.slice(s![..;2, ..]), &y, &b.slice(s![..])).eval().unwrap(), expected());
    let error = gauss(&Array2::<f32>::zeros((2, 4)), &y, &b).eval().unwrap_err();
    assert_eq!(error.to_string(), "`x`: the formula wants 3 numbers, and the points have 4");
}

#[test]
fn matrices_times_arrays_of_ndarray() {
    keops! { fn kernel(x_i: [f32; 3], y_j: [f32; 3]) { exp(-sqdist(x_i, y_j)) } }
    let k = kernel(&X, &Y);
    let (m, n) = (X.len(), Y.len());
    let b = Array2::from_shape_fn((n, 11), |(j, c)| (j + 2 * c) as f32);
    let dense = Array2::from_shape_vec((m, n), k.dense().unwrap()).unwrap();
    let near = |a: &Array2<f32>, b: &Array2<f32>| {
        assert_eq!(a.dim(), b.dim());
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4), "{a} for {b}");
    };
    near(&k.apply(&b).unwrap(), &dense.dot(&b));
    // columns one after the other, backwards, and some of them
    let across = Array2::from_shape_fn((11, n), |(c, j)| b[(j, c)]);
    near(&k.apply(&across.t()).unwrap(), &dense.dot(&b));
    let some = b.slice(s![..;-1, 1..;2]);
    near(&k.apply(&some).unwrap(), &dense.dot(&some));
    let e = Array1::from_iter((0..m).map(|i| i as f32));
    let product: Array1<f32> = k.apply_t(&e).unwrap();
    assert!(product.iter().zip(&dense.t().dot(&e)).all(|(a, b)| (a - b).abs() < 1e-5));
    let square = kernel(&Y, &Y);
    let x: Array1<f64> = square.solve(&b.column(0)).ridge(0.1).run().unwrap().x;
    assert_eq!(x.len(), n);
    let x: Array2<f64> = square.solve(&b).ridge(0.1).run().unwrap().x;
    assert_eq!(x.dim(), (n, 11));
}

#[test]
fn arrays_of_ndarray_in_clusters() {
    let x = Array2::from_shape_fn((4, 2), |(n, k)| [[3.5f32, 0.5], [0.25, 0.5], [3.0, 0.75], [0.0, 9.0]][n][k]);
    let clusters = Clusters::grid::<[f32; 2], _, _>(&x.t().as_standard_layout().t(), 1.0).unwrap();
    assert_eq!(clusters.labels(), [2, 0, 2, 1]);
    let centroids: Vec<[f32; 2]> = clusters.centroids(&x).unwrap();
    assert_eq!(centroids, [[0.25, 0.5], [0.0, 9.0], [3.25, 0.625]]);
    let (x, y) = (Rows::<[f32; 2]>::in_clusters(&x, &clusters), [[0.0f32, 0.0]]);
    assert_eq!(nearest(&x, &y).eval().unwrap(), [0.3125, 81.0, 12.5, 9.5625]);
}
