//! Pairs that stored places do not name are left out: a formula that counts its pairs, whatever their places are, tells how many are computed.

use keops_core::{Idx, Of, One, Pair, Pass, Real, Stored, Sum};
use keops_runtime::{
    Cpu, ElementsMut, Engine, Inputs, Isa, Layout, Pairs, Prunes, Scalar, Source, SumScheme, Target, ViewMut, Window,
};

/// Σ 1, which says that the pairs are those that places name: the rows' if `ROWS`, the columns' if `COLS`.
struct Counting<const ROWS: bool, const COLS: bool>;

impl<const ROWS: bool, const COLS: bool> Pass for Counting<ROWS, COLS> {
    type Params = ();
    type Rows = Idx<One>;
    type Cols = (One, Idx<One>);
    type PerCall = ();
    type PerRow = ();
    type PerCol = ();
    type Reduce = Sum<One>;
    type Out = One;
    const HELD: usize = 0;
    const STORED: &'static [Stored] = match (ROWS, COLS) {
        (true, true) => &[Stored::OfRow(0), Stored::OfCol(1)],
        (true, false) => &[Stored::OfRow(0)],
        (false, true) => &[Stored::OfCol(1)],
        (false, false) => &[],
    };
    #[inline(always)]
    fn params<R: Real>(_: R::Cx, (): &()) {}
    #[inline(always)]
    fn row<R: Real>(_: R::Cx, (): &(), _: &Of<Self::Rows, R>, _: R::Index) {}
    #[inline(always)]
    fn col<R: Real>(_: R::Cx, (): &(), _: &Of<Self::Cols, R>, _: R::Index) {}
    #[inline(always)]
    fn pair<R: Pair>(cx: R::Cx, (): &(), (): &(), (): &(), part: &mut Of<One, R::Row>) {
        Sum::<One>::push::<R>(
            part,
            #[inline(always)]
            |_, a| R::lit(cx, 1.0).add_to(a),
        );
    }
    #[inline(always)]
    fn finish<R: Real>(_: R::Cx, (): &(), (): &(), done: &Of<One, R>) -> Of<One, R> {
        *done
    }
}

/// How many columns each row has met, where rows have places among the columns, and columns among the rows.
fn met<F: Pass, T: Scalar>(cpu: Cpu, always: bool, of_rows: &[u32], of_cols: &[u32]) -> Vec<usize> {
    let places = |of: &[u32]| of.iter().map(|place| T::from_index(*place)).collect::<Vec<T>>();
    let (rows, cols) = (places(of_rows), places(of_cols));
    let (m, n) = (rows.len(), cols.len());
    let points = |numbers| Source::Mine(numbers, Layout::points(Vec::len(numbers), 1));
    let pairs = Pairs::all(m, n);
    let inputs = Inputs {
        params: &[],
        rows: &[points(&rows)],
        cols: &[points(&cols), points(&cols)],
        kept: true,
        row_window: Window::all(m),
        col_window: Window::all(n),
        pairs: &pairs,
        row_numbers: None,
        col_numbers: None,
        sum_scheme: SumScheme::Block,
    };
    let mut counts = vec![T::default(); m];
    let out = ViewMut::new(ElementsMut::Same(&mut counts), Layout::points(m, 1)).expect("it fits");
    let engine = Prunes::<T>::pruning(&cpu, always);
    let code = engine.code::<F>(None).expect("there is code");
    engine.run(&code, &inputs, &mut [Target::Host(out)]).expect("it runs");
    counts.into_iter().map(|count| count.to_f64() as usize).collect()
}

/// The most rows that are taken together, in any numbers and on any instruction set.
const UNIT: usize = 128;

fn are_left_out<T: Scalar>() {
    const NONE: u32 = u32::MAX;
    let (m, n) = (5000, 4000);
    let mut rng = fastrand::Rng::with_seed(1);
    let mut place = |len: usize| if rng.u8(0..8) == 0 { NONE } else { rng.u32(0..len as u32) };
    let of_rows: Vec<u32> = (0..m).map(|_| place(n)).collect();
    let of_cols: Vec<u32> = (0..n).map(|_| place(m)).collect();
    for cpu in Isa::available().filter_map(Cpu::with) {
        // a row meets those of the rows that are taken with it: of less than `UNIT` rows before it and behind
        let near = |i: usize| i.saturating_sub(UNIT)..(i + UNIT).min(m);
        let of = |i: usize| of_rows[near(i)].iter().filter(|place| **place != NONE).count();
        let by = |i: usize| of_cols.iter().filter(|place| near(i).contains(&(**place as usize))).count();
        let named_by = |i: usize| of_cols.iter().filter(|place| **place as usize == i).count();
        let rows = met::<Counting<true, false>, T>(cpu, false, &of_rows, &of_cols);
        let cols = met::<Counting<false, true>, T>(cpu, false, &of_rows, &of_cols);
        let both = met::<Counting<true, true>, T>(cpu, true, &of_rows, &of_cols);
        for i in 0..m {
            let own = usize::from(of_rows[i] != NONE);
            assert!((own..=of(i)).contains(&rows[i]), "row {i} meets {}", rows[i]);
            assert!((named_by(i)..=by(i)).contains(&cols[i]), "row {i} meets {}", cols[i]);
            assert!((rows[i].max(cols[i])..=rows[i] + cols[i]).contains(&both[i]), "row {i} meets {}", both[i]);
        }
        // all others do
        assert!(met::<Counting<false, false>, T>(cpu, true, &of_rows, &of_cols).iter().all(|count| *count == n));
    }
}

#[test]
fn pairs_are_left_out() {
    are_left_out::<f32>();
    are_left_out::<f64>();
}

/// Where all rows and columns are few nothing is won, and all pairs are computed unless that is asked for; rows that would not fill lanes
/// never are taken so.
#[test]
fn few_points_meet_all() {
    let cpu = Cpu::default();
    let count = |always: bool, m: usize| {
        let (of_rows, of_cols) = (vec![1; m], vec![0; 300]);
        met::<Counting<true, false>, f32>(cpu, always, &of_rows, &of_cols)
    };
    assert_eq!(count(false, 200), [300; 200]);
    assert_eq!(count(true, 200), [1; 200]);
    assert_eq!(count(true, 1), [300]);
}
