//! Wrong graphs and schedules, and what the verifier says of them.

mod common;

use keops_formula::ask;
use keops_formula::graph::{Graph, NodeId};
use keops_formula::guard::Guard;
use keops_formula::op::{Binary, Compare, Op, Warp};
use keops_formula::reduction::Reduction;
use keops_formula::types::{Axis, Dim, Kind, Shape};
use keops_formula::verify;

/// A number, vectors of dimensions 2 and 3, an index and a truth.
struct Nodes {
    g: Graph,
    number: NodeId,
    two: NodeId,
    three: NodeId,
    index: NodeId,
    truth: NodeId,
}

impl Nodes {
    fn new() -> Self {
        let mut g = Graph::default();
        let shapes = [Shape::scalar(), Shape::vector(Dim::Lit(2)), Shape::vector(Dim::Lit(3))];
        let [number, two, three] = shapes.map(|shape| {
            let k = g.add_operand("x", Kind::Number, shape);
            g.insert(Op::Operand(k, Some(Axis::I)))
        });
        let index = g.insert(Op::Index(Axis::J));
        let truth = g.insert(Op::Compare(Compare::Lt, number, two));
        Nodes { g, number, two, three, index, truth }
    }

    /// What is said of an operation on these.
    #[track_caller]
    fn says(&mut self, op: Op, expected: &str) {
        let n = self.g.insert(op);
        let said = verify::graph(&self.g, &[n]).expect_err("this is wrong");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn wrong_graphs_are_found() {
    let mut n = Nodes::new();
    let Nodes { number, two, three, index, truth, .. } = n;
    assert_eq!(verify::graph(&n.g, &[number, two, three, index, truth]), Ok(()));
    n.says(Op::Binary(Binary::Add, two, three), "joins dimensions 2 and 3");
    n.says(Op::Compare(Compare::Lt, two, three), "joins dimensions 2 and 3");
    n.says(Op::Binary(Binary::Add, number, index), "takes numbers");
    n.says(Op::Binary(Binary::Add, number, truth), "takes numbers");
    n.says(Op::Compare(Compare::Eq, number, index), "compares what is not of one kind");
    n.says(Op::Not(number), "takes truths");
    n.says(Op::And(truth, index), "takes truths");
    n.says(Op::Select([number, two, two]), "chooses by something that is no truth");
    n.says(Op::Select([truth, two, index]), "chooses among what is not of one kind");
    n.says(Op::Select([truth, truth, truth]), "chooses among what is not of one kind");
    let warp = |slopes| Warp { rows: 2, cols: 3, slopes };
    n.says(Op::Warp(warp(false), vec![three, two, number]), "warps other series than it says");
    n.says(Op::Warp(warp(false), vec![two, three, number, three]), "warps other series than it says");
    n.says(Op::Warp(warp(true), vec![two, three, number, three]), "warps other series than it says");
    n.says(Op::Warp(warp(true), vec![two, three, index]), "takes numbers");
    n.says(Op::Component(three, 3), "takes a component that is not there");
    n.says(Op::Slice(three, 2, 4), "takes components that are not there");
    n.says(Op::Place(two, 2, Shape::vector(Dim::Lit(3))), "puts components beyond the last");
    n.says(Op::SumTo(number, Shape::vector(Dim::Lit(3))), "sums to more than there is");
    n.says(Op::Broadcast(three, Shape::scalar()), "repeats to less than there is");
    n.says(Op::Sloped(number, vec![(three, three)]), "states a slope that is larger than the value");
    n.says(Op::Reduce(Reduction::Softmax, Axis::J, vec![three, two]), "takes a vector for a number");
    n.says(Op::Reduce(Reduction::LogSumExp, Axis::J, vec![three, two]), "joins dimensions 3 and 2");
    n.says(Op::Reduce(Reduction::Sum, Axis::J, vec![truth]), "takes numbers");
    // a name and the node are told
    let wrong = n.g.insert(Op::Not(number));
    let said = verify::graph(&n.g, &[wrong]).expect_err("this is wrong");
    assert_eq!(said, format!("node {}, `not(n{})`, takes truths", wrong.number(), number.number()));
}

#[test]
fn wrong_schedules_are_found() {
    let text = "fn f(x_i: f64, y_j: f64) { sum_j(x_i * y_j) * max_i(x_i) + logsumexp_j(y_j * sum_i(x_i)) }";
    let l = common::lowered(text);
    let planned = ask::value(&l);
    assert_eq!(verify::schedule(&planned.graph, &planned.plan), Ok(()));
    let says = |change: &dyn Fn(&mut keops_formula::schedule::Schedule), expected: &str| {
        let mut plan = planned.plan.clone();
        change(&mut plan);
        let said = verify::schedule(&planned.graph, &plan).expect_err("this is wrong");
        assert!(said.contains(expected), "{said}");
    };
    says(&|plan| plan.passes.reverse(), "what is not there");
    says(&|plan| plan.passes.iter_mut().for_each(|pass| pass.outputs.clear()), "is not there");
    says(
        &|plan| plan.passes.iter_mut().for_each(|pass| pass.reduced = pass.reduced.other()),
        "does not belong to pass",
    );
    let own = |pass: &mut keops_formula::schedule::Pass| {
        pass.guards.extend(pass.reduces.first().map(|place| Guard { index: Axis::J, place: *place }));
    };
    says(&|plan| plan.passes.iter_mut().for_each(own), "is guarded by what is not there");
    says(&|plan| plan.roots[0].kept = Some(Axis::J), "result 0 is nowhere");
}
