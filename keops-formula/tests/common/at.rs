//! A formula at given points, after all passes of the compiler, against closed forms.

use keops_formula::ask::{self, Planned};
use keops_formula::interpret::Data;
use keops_formula::lower::Lowered;

use super::{lowered, results};

/// A formula at points of its operands, in order. The lengths are those of operands by index.
pub(crate) struct At {
    pub(crate) item: String,
    pub(crate) lowered: Lowered,
    pub(crate) data: Data,
    pub(crate) sizes: [usize; 2],
}

/// The points of an operand.
pub(crate) type Points<'a> = &'a [&'a [f64]];

pub(crate) const INF: f64 = f64::INFINITY;
pub(crate) const NAN: f64 = f64::NAN;

pub(crate) fn at(item: &str, points: &[Points<'_>]) -> At {
    let lowered = lowered(&format!("fn {item}"));
    assert_eq!(points.len(), lowered.operands.len(), "{item}");
    let data: Data = points.iter().map(|p| p.iter().map(|v| v.to_vec()).collect()).collect();
    let mut sizes = [1, 1];
    for (o, points) in lowered.operands.iter().zip(&data) {
        for axis in o.deps.axes() {
            sizes[usize::from(axis.letter() == 'j')] = points.len();
        }
    }
    At { item: item.into(), lowered, data, sizes }
}

impl At {
    pub(crate) fn run(&self, planned: &Planned, adjoint: bool) -> Vec<f64> {
        let mut data = self.data.clone();
        if adjoint {
            let len = planned.graph.operands().last().and_then(|o| o.shape.len()).expect("a known shape");
            let rows = self.lowered.kept.map_or(1, |axis| self.sizes[usize::from(axis.letter() == 'j')]);
            data.push(vec![vec![1.0; len]; rows]);
        }
        results(planned, &data, self.sizes)
    }

    #[track_caller]
    fn compare(&self, what: &str, found: &[f64], expected: &[f64]) -> &Self {
        let close = |f: &f64, e: &f64| f == e || f.is_nan() && e.is_nan() || (f - e).abs() <= 1e-9 * (1.0 + e.abs());
        let same = found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| close(f, e));
        assert!(same, "{what} of {} at {:?}: {found:?}, expected {expected:?}", self.item, self.data);
        self
    }

    #[track_caller]
    pub(crate) fn is(&self, expected: &[f64]) -> &Self {
        self.compare("value", &self.run(&ask::value(&self.lowered), false), expected)
    }

    /// The gradient in an operand, for an adjoint of 1.
    #[track_caller]
    pub(crate) fn grad(&self, operand: &str, expected: &[f64]) -> &Self {
        let v = self.lowered.operands.iter().position(|o| o.name == operand).expect("an operand");
        let planned = ask::gradient(&self.lowered, v).expect("differentiable");
        self.compare(&format!("grad_{operand}"), &self.run(&planned, true), expected)
    }
}
