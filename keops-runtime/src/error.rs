//! What can go wrong when a kernel runs.

use std::ops::Range;

use crate::NoKernels;

mod display;

use display::{Count, Note, are_batches, are_clusters, no_range, none, of_blocks, one_of, points_of, said, shared};

/// Why a call gave no result.
///
/// Mistakes in a formula are compile errors; what is left for run time is the lengths of operands
/// and outputs, memory, and cards.
///
/// `Debug` prints the message, too: that is what a program shows whose `main` returns the error, or that unwraps it.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Two operands with one index differ in length.
    #[error(
        "`{name}` has {} but `{other}` has {expected}: both are indexed by {index}{}",
        Count(*found, "point"),
        Note(*shared)
    )]
    Lengths {
        /// The operand that does not fit.
        name: &'static str,
        /// How many points it has.
        found: usize,
        /// The operand that it does not fit to.
        other: &'static str,
        /// How many points that one has.
        expected: usize,
        /// The index of both: `i` for rows, `j` for columns.
        index: char,
        /// The operand, if one of the two, that is used under both indices.
        shared: Option<&'static str>,
    },
    /// The output of `eval_into` has the wrong length.
    #[error("the output has room for {}, but there are {expected}: one per {index}", Count(*found, "result"))]
    OutputLength {
        /// How many results there are.
        expected: usize,
        /// How many the output has room for.
        found: usize,
        /// What the results are indexed by: `i` for rows, `j` for columns.
        index: char,
    },
    /// What a matrix is multiplied with has not one row for each of its columns.
    #[error(
        "{} of {rows} × {columns}{} takes {expected} rows of what it is multiplied with, one for each {}, and gets {found}",
        if *transposed { "the transpose of a matrix" } else { "a matrix" },
        of_blocks(*entry),
        if *transposed { "row" } else { "column" }
    )]
    FactorLength {
        /// How many rows it has.
        found: usize,
        /// How many it has to have.
        expected: usize,
        /// Whether the transpose is multiplied.
        transposed: bool,
        /// How many rows the matrix has.
        rows: usize,
        /// How many columns.
        columns: usize,
        /// How many numbers an entry has.
        entry: usize,
    },
    /// Numbers are no rows of so many columns.
    #[error(
        "{numbers} numbers are no rows of {columns} columns: there is at least one column, and all rows have as many numbers"
    )]
    Columns {
        /// How many columns there are to be.
        columns: usize,
        /// How many numbers there are.
        numbers: usize,
    },
    /// What is no square matrix of numbers is asked for its solutions.
    #[error(
        "a matrix of {rows} × {columns}{} has no solutions: a square one of numbers has, as of `x_i` and `x_j`", of_blocks(*entry)
    )]
    NotSquare {
        /// How many rows it has.
        rows: usize,
        /// How many columns.
        columns: usize,
        /// How many numbers an entry has.
        entry: usize,
    },
    /// The entries of a matrix, or of a block of it, take more memory than they may.
    #[error(
        "a {} of {rows} × {columns} takes {needed} bytes, and {limit} is the most: `apply` and {} need not store it, and `{}` does",
        if *block { "block" } else { "matrix" },
        if *block { "smaller blocks" } else { "`block`" },
        if *block { format!("block_within({needed}, …)") } else { format!("dense_within({needed})") }
    )]
    Dense {
        /// How many rows it has.
        rows: usize,
        /// How many columns.
        columns: usize,
        /// How many bytes it takes.
        needed: usize,
        /// How many it may take.
        limit: usize,
        /// Whether it is a block of a matrix.
        block: bool,
    },
    /// A row or column that a matrix does not have.
    #[error("there is no {} {index}: the matrix has {}, counted from 0", one_of(*axis), Count(*len, one_of(*axis)))]
    Selected {
        /// Its index.
        index: usize,
        /// How many there are.
        len: usize,
        /// What it is an index of: `i` for rows, `j` for columns.
        axis: char,
    },
    /// A range of rows or columns that ends before it begins.
    #[error("{} from {first} to {end}: a range ends where it begins, or behind that", points_of(*axis))]
    ReversedSelection {
        /// Where it begins.
        first: usize,
        /// Where it ends.
        end: usize,
        /// What it is a range of: `i` for rows, `j` for columns.
        axis: char,
    },
    /// Points are not as many as those of the tree that they are to be in.
    #[error("{} in a tree of {tree}: make one of these, `Tree::new(&points)`", Count(*found, "point"))]
    TreeLength {
        /// How many points the tree has.
        tree: usize,
        /// How many there are.
        found: usize,
    },
    /// The side of a grid's cells is no length.
    #[error("cells have a side of {side}: it is a finite number above 0, in the units of the points")]
    CellSide {
        /// The side.
        side: String,
    },
    /// The sides of a grid's cells are neither one nor one for each component.
    #[error("cells have {}, and points have {}: one side for all components, or one for each", Count(*found, "side"), Count(*expected, "number"))]
    CellSides {
        /// How many numbers a point has.
        expected: usize,
        /// How many sides there are.
        found: usize,
    },
    /// A point lies farther away from 0 than cells of a grid can be counted.
    #[error(
        "point {point} is at {value}, more than 2^53 cells of side {side} away from 0: make cells larger, or leave the point out"
    )]
    FarCell {
        /// Which point, counted from 0.
        point: usize,
        /// Its component.
        value: String,
        /// The side of cells.
        side: String,
    },
    /// A point that is to be in a cluster has a component that is not finite.
    #[error("point {point} is at {value}: only finite points lie in cells and boxes, so leave it out before")]
    NotFinite {
        /// Which point, counted from 0.
        point: usize,
        /// Its component.
        value: String,
    },
    /// Clusters of no points.
    #[error("clusters of at most 0 points: each has 1 or more")]
    NoPointsInClusters,
    /// A label is that of no cluster.
    #[error("point {point} has the label {label}, and there {}, counted from 0", are_clusters(*clusters))]
    Label {
        /// Which point, counted from 0.
        point: usize,
        /// Its label.
        label: String,
        /// How many clusters there are.
        clusters: usize,
    },
    /// There are more clusters than `u32` can number.
    #[error("{clusters} clusters: they are numbered with u32, so {} is the most", u32::MAX - 1)]
    TooManyClusters {
        /// How many there are.
        clusters: usize,
    },
    /// There is not one value for each point of clusters.
    #[error("{} for clusters of {} in all: one for each point", Count(*found, "value"), Count(*points, "point"))]
    ClusteredLength {
        /// How many points the clusters have.
        points: usize,
        /// How many values there are.
        found: usize,
    },
    /// A weight is none.
    #[error("the weight of point {point} is {weight}: weights are finite, and 0 or above")]
    Weight {
        /// Which point, counted from 0.
        point: usize,
        /// Its weight.
        weight: String,
    },
    /// All points of a cluster have the weight 0.
    #[error(
        "all points of cluster {cluster} have the weight 0: it has no weighted centroid; `centroids` has the plain one"
    )]
    NoWeight {
        /// Which cluster, counted from 0.
        cluster: usize,
    },
    /// There is not one centre for each cluster.
    #[error("{} for {}: one for each", Count(*found, "centre"), Count(*clusters, "cluster"))]
    Centres {
        /// How many clusters there are.
        clusters: usize,
        /// How many centres.
        found: usize,
    },
    /// An operand has more points than `u32` can number.
    #[error("`{name}` has {len} points: they are numbered with u32, so {} is the most", u32::MAX - 1)]
    TooManyPoints {
        /// The operand.
        name: &'static str,
        /// How many points it has.
        len: usize,
    },
    /// Something has gone wrong on one of the ranks that compute a call. All of them answer with this.
    #[error("rank {rank}: {message}")]
    Rank {
        /// On which one.
        rank: usize,
        /// What its error says.
        message: String,
    },
    /// Ranks that compute a call have not what all have to have alike.
    #[error(
        "rank {rank} has another {what} than rank 0: {other}, and not {first}; ranks make the same calls, in the same order"
    )]
    RanksDiffer {
        /// What is not the same.
        what: String,
        /// The first rank that has another.
        rank: usize,
        /// What that has.
        other: String,
        /// What rank 0 has.
        first: String,
    },
    /// Entries of a matrix, or a solver, are asked for on ranks, which have some of its points each.
    #[error(
        "entries of the matrix `{formula}` are not computed over ranks, nor are systems solved, for each rank has some of its points: \
         `ranks.gather(&x)` brings all of them to rank 0, and there the matrix of those has entries and solvers, without `.on(&ranks)`; \
         `apply`, `apply_t` and `row_sums` are computed over ranks"
    )]
    EntriesOfRanks {
        /// The formula of the matrix.
        formula: &'static str,
    },
    /// A rank has panicked within a call.
    #[error("a panic: {message}")]
    Panicked {
        /// What the panic says.
        message: String,
    },
    /// MPI is started, and runs already.
    #[error(
        "MPI has been started already: there is one `Mpi` in a program, and code that names MPI itself hands its communicator to `World::of`"
    )]
    MpiStarted,
    /// Points are asked for that no rank has.
    #[error("points {start} to {end} are asked for, and all ranks together have {len}")]
    PointsOfRanks {
        /// The first.
        start: usize,
        /// The one behind the last.
        end: usize,
        /// How many there are.
        len: usize,
    },
    /// A file of points cannot be read or written.
    #[error("`{path}`: {message}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// A layout leads out of the array that it is of.
    #[error("the layout of an operand or output needs {needed} elements, and the array has {found}")]
    Layout {
        /// How many elements the array has at least, if that can be counted.
        needed: usize,
        /// How many it has.
        found: usize,
    },
    /// Points have another number of components than the formula wants.
    #[error("the formula wants {}, and the points have {found}", Count(*expected, "number"))]
    Width {
        /// How many numbers a point should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// There are more points than elements that hold them, or fewer.
    #[error("{} for {}: `Element::view` answers with a point per element", Count(*found, "point"), Count(*expected, "element"))]
    Elements {
        /// How many elements there are.
        expected: usize,
        /// How many points.
        found: usize,
    },
    /// The elements of an operand are indices.
    #[error(
        "the formula wants numbers, and these elements are integers (`Elements::U32`); integers are declared: `x_i: u32`"
    )]
    Indices,
    /// The elements of an operand that is declared as integers are numbers.
    #[error("the formula wants integers, `u32`, and these elements are numbers")]
    NoIntegers,
    /// An operand of a call is none, for a reason.
    #[error("`{name}`: {error}")]
    Operand {
        /// The operand.
        name: &'static str,
        /// What is wrong with it.
        error: Box<Error>,
    },
    /// A formula that cannot be computed over some of the pairs only.
    #[error("`{formula}` cannot be taken over ranges: {why}")]
    Ranges {
        /// The formula.
        formula: &'static str,
        /// What in it would not be what it says.
        why: &'static str,
    },
    /// A tolerance that is none.
    #[error(
        "a tolerance of {found}: relative to the sum it is from 0 to less than 1, `.tolerance(1e-6)`, and absolute from 0 on"
    )]
    NoTolerance {
        /// What was said.
        found: String,
    },
    /// A call whose results cannot be bounded.
    #[error("`{formula}` has no certified result: {why}")]
    NoBound {
        /// The formula.
        formula: &'static str,
        /// What stands against it.
        why: &'static str,
    },
    /// A range of rows or columns that are not there.
    #[error("there are no {} {}..{}: {}", points_of(*index), range.start, range.end, no_range(range, *points))]
    NoRange {
        /// What it is of: `i` for rows, `j` for columns.
        index: char,
        /// The range.
        range: Range<usize>,
        /// How many rows or columns there are.
        points: usize,
    },
    /// Two ranges share points.
    #[error(
        "the {} {}..{} and {}..{} overlap: {}",
        points_of(*index), first.start, first.end, second.start, second.end,
        if *index == 'i' { "a row is in one block, which has all of its columns" } else { "a block of rows meets a column once" }
    )]
    Overlap {
        /// What they are of: `i` for rows, `j` for columns.
        index: char,
        /// The range that begins first.
        first: Range<usize>,
        /// The other.
        second: Range<usize>,
    },
    /// A range within batches has points of another batch.
    #[error(
        "the {0} {1}..{2} are not all of batch {batch}, which has the {0} {3}..{4}",
        points_of(*index), range.start, range.end, own.start, own.end
    )]
    OtherBatch {
        /// Which batch.
        batch: usize,
        /// What the range is of: `i` for rows, `j` for columns.
        index: char,
        /// The range.
        range: Range<usize>,
        /// What the batch has.
        own: Range<usize>,
    },
    /// There are not as many numbers of rows as of columns.
    #[error("{} of rows and {cols} of columns: each batch has both, of which there may be 0", Count(*rows, "batch"))]
    NumberOfBatches {
        /// How many numbers of rows there are.
        rows: usize,
        /// How many numbers of columns.
        cols: usize,
    },
    /// Batches have more points than `u32` can number.
    #[error(
        "{} of {rows} rows and {cols} columns in all: they are numbered with u32, so {} is the most",
        Count(*batches, "batch"), u32::MAX - 1
    )]
    LargeBatches {
        /// How many batches.
        batches: usize,
        /// How many rows all batches have.
        rows: usize,
        /// How many columns.
        cols: usize,
    },
    /// An operand has not as many points as the ranges or batches of the call.
    #[error("`{name}` has {}, and the {} of the call have {expected} {}{}", Count(*found, "point"), if *batches { "batches" } else { "ranges" }, points_of(*index), shared(*one))]
    PointsOfPairs {
        /// The operand.
        name: &'static str,
        /// How many points it has.
        found: usize,
        /// How many rows or columns the call has.
        expected: usize,
        /// What they are: `i` for rows, `j` for columns.
        index: char,
        /// Whether the call is of batches.
        batches: bool,
        /// How many each batch has, where an operand with as many would be shared by all.
        one: Option<usize>,
    },
    /// A parameter has neither one value nor one for each batch.
    #[error("the parameter `{name}` has {}, and there {}: one for all, or one for each", Count(*found, "value"), are_batches(*batches))]
    ValuesOfBatches {
        /// The parameter.
        name: &'static str,
        /// How many values it has.
        found: usize,
        /// How many batches there are.
        batches: usize,
    },
    /// A call of several batches has one result for each, and was asked for one.
    #[error("there {}, and `eval` answers with one result: `eval_batches` answers with one for each", are_batches(*batches))]
    ResultsOfBatches {
        /// How many batches there are.
        batches: usize,
    },
    /// Right-hand sides of a system are not as many as its rows.
    #[error(
        "the matrix has {}, and {} {} not {} of each: the right side has {rows} × {columns}, row by row",
        Count(*rows, "row"), Count(*found, "number"), if *found == 1 { "is" } else { "are" }, Count(*columns, "column")
    )]
    RightSides {
        /// How many numbers there are.
        found: usize,
        /// How many rows the matrix has.
        rows: usize,
        /// How many right-hand sides were said to be there.
        columns: usize,
    },
    /// A number of a right-hand side is not finite.
    #[error("row {row} of column {column} of the right side is {value}: only finite numbers have a solution")]
    NotFiniteRightSide {
        /// Which row, counted from 0.
        row: usize,
        /// Which column, counted from 0.
        column: usize,
        /// The number.
        value: String,
    },
    /// A ridge that is none.
    #[error("a ridge of {found}: it is finite, and 0 or above, `.ridge(1e-3)`")]
    NoRidge {
        /// What was said.
        found: String,
    },
    /// A tolerance of a solver that is none.
    #[error(
        "a tolerance of {found}: relative to the length of the right side it is from 0 to less than 1, `.tolerance(1e-6)`"
    )]
    NoSolverTolerance {
        /// What was said.
        found: String,
    },
    /// A preconditioner has more columns than the matrix.
    #[error(
        "a preconditioner of rank {rank} for a matrix of {}: the rank is at most that, `.rank({rows})`", Count(*rows, "row")
    )]
    RankTooLarge {
        /// The rank.
        rank: usize,
        /// How many rows the matrix has.
        rows: usize,
    },
    /// A matrix has an entry that is not finite, or a product with it.
    #[error(
        "row {row} of the matrix has {value}, in an entry or in a product: only finite matrices are solved with. A formula has it at a pole or beyond the \
         range of its numbers, as `1 / norm(x_i - x_j)` has where points meet: `if` gives it a value there"
    )]
    NotFiniteMatrix {
        /// Which row, counted from 0.
        row: usize,
        /// What is there.
        value: String,
    },
    /// A matrix that is to be symmetric is not.
    #[error(
        "the matrix is not symmetric: for random u and v, u'Kv is {one} and v'Ku is {other}. Solvers take symmetric matrices, of a formula that is the same \
         when its points are swapped, with the same points on both sides; systems with others are solved where that is asked for, without a `.rank(…)`: \
         `k.solve(&b).method(Method::Gmres {{ restart: 50 }})`"
    )]
    NotSymmetric {
        /// u'Kv.
        one: String,
        /// v'Ku.
        other: String,
    },
    /// Generalised minimal residuals that begin anew before they have begun.
    #[error(
        "generalised minimal residuals that restart after 0 iterations: it is 1 or more, `.method(Method::Gmres {{ restart: 50 }})`"
    )]
    NoRestart,
    /// A matrix whose determinant is asked for is not positive definite.
    #[error(
        "the matrix with the ridge {ridge} is not positive definite: the logarithm of its determinant is none. Take a larger ridge"
    )]
    NotDefinite {
        /// The ridge.
        ridge: String,
    },
    /// The logarithm of a determinant is asked for without a ridge.
    #[error(
        "the logarithm of a determinant without a ridge above 0: it may be -inf, and nothing bounds the estimate. Give it one, as 1e-3"
    )]
    DeterminantRidge,
    /// Predicted variances are asked for without a ridge.
    #[error(
        "variances without a ridge above 0: what is known would be without noise, and nothing bounds the error. Give it one, `.ridge(1e-3)`"
    )]
    VarianceRidge,
    /// A tolerance of variances that is none.
    #[error(
        "a tolerance of {found}: relative to the variance before anything is known it is above 0 and less than 1, `.tolerance(1e-3)`"
    )]
    NoVarianceTolerance {
        /// What was said.
        found: String,
    },
    /// Covariances with the rows of a matrix are not as many as its rows and the points that variances are asked for.
    #[error(
        "the matrix has {}, and {} {} none of each with {}: `cross` has {rows} × {points}, row by row",
        Count(*rows, "row"), Count(*found, "covariance"), if *found == 1 { "is" } else { "are" }, Count(*points, "point")
    )]
    CrossCovariances {
        /// How many there are.
        found: usize,
        /// How many rows the matrix has.
        rows: usize,
        /// How many variances there are before anything is known.
        points: usize,
    },
    /// A variance before anything is known is none.
    #[error(
        "the variance of point {point} is {value} before anything is known: it is finite, and 0 or above, as the diagonal of a covariance is"
    )]
    NoPriorVariance {
        /// Which point, counted from 0.
        point: usize,
        /// The number.
        value: String,
    },
    /// A matrix that is no covariance.
    #[error(
        "the matrix with the ridge {ridge} is not positive definite: it is no covariance, of which there are variances. Take a larger ridge, or another kernel"
    )]
    NoCovariance {
        /// The ridge.
        ridge: String,
    },
    /// Variances are asked for of a matrix that does not tell which points are known.
    #[error(
        "variances beside points that are not told by `{formula}`: they are those of a formula that stays the same when its points are swapped, of two operands and          no index, as `exp(-sqdist(x_i, y_j))`, whose rows are the points that are asked for, and whose columns those that are known. For others there is          `keops::solve::Variances::of(&operator, &cross, &prior)`"
    )]
    NoKnownPoints {
        /// The formula.
        formula: &'static str,
    },
    /// Vectors are taken as points of another size.
    #[error("points of {} made of {}: there is one number for each, `points::<_, {vectors}>()`", Count(*found, "number"), Count(*vectors, "vector"))]
    OtherVectors {
        /// How many there are.
        vectors: usize,
        /// How many were asked for.
        found: usize,
    },
    /// A preconditioner of a matrix of another size.
    #[error(
        "a preconditioner of {found} rows, for a matrix of {rows}: make one of this matrix, `Preconditioner::of(&k, …)`"
    )]
    OtherPreconditioner {
        /// How many rows it has.
        found: usize,
        /// How many the matrix has.
        rows: usize,
    },
    /// Too few probes for an interval, or no probability.
    #[error(
        "an interval from {} with probability {probability}: it takes 2 probes or more, `.probes(16)`, and a probability above 0 and below 1, \
         `.probability(0.95)`", Count(*probes, "probe")
    )]
    NoInterval {
        /// How many probes were asked for.
        probes: usize,
        /// The probability.
        probability: String,
    },
    /// A number of eigenvalues that a matrix has not.
    #[error("{} of a matrix of {}: from 1 to {rows} can be asked for", Count(*count, "eigenvalue"), Count(*rows, "row"))]
    NoEigenpairs {
        /// How many were asked for.
        count: usize,
        /// How many rows the matrix has.
        rows: usize,
    },
    /// A matrix that is to be positive definite is not.
    #[error(
        "the matrix with the ridge {ridge} is not positive definite, and conjugate gradients were asked for: take `.method(Method::Minres)`, or a larger ridge"
    )]
    Indefinite {
        /// The ridge.
        ridge: String,
    },
    /// There is no memory for a result, or for a value on the way to it.
    #[error("out of memory: no room for {numbers} numbers")]
    OutOfMemory {
        /// How many numbers there was no room for.
        numbers: usize,
    },
    /// An engine for GPUs was asked for a formula that has no kernels for them.
    #[error("{}", none(place, method, scalar, *why))]
    NoKernels {
        /// Where the formula was written: file and line; its type where no build script knows more.
        place: &'static str,
        /// The method that wants them, like `grad_x`; empty for the value.
        method: &'static str,
        /// The number type.
        scalar: &'static str,
        /// Why there are none.
        why: NoKernels,
    },
    /// There is no card to run on.
    #[error(
        "no CUDA device: {why}. The driver of NVIDIA's cards is all that it takes (`nvidia-smi` shows it); `Device::best()` takes the CPU where there is none"
    )]
    NoDevice {
        /// Why, in the words of the system or of the driver.
        why: String,
    },
    /// A card was asked for that is not there.
    #[error("there is no card {ordinal}: this machine has {}, counted from 0", Count(*found, "card"))]
    NoSuchCard {
        /// The number that was asked for.
        ordinal: u32,
        /// How many cards there are.
        found: usize,
    },
    /// An engine was asked for of no card at all.
    #[error(
        "no card was asked for: `Cards::of` takes the numbers of one or more, and `Cuda::all()` takes all that there are"
    )]
    NoCards,
    /// A card is older than those that kernels are for.
    #[error(
        "{card} has compute capability {}.{}, and kernels are for {}.{} (Turing, 2018) and above: take another card, or the \
         processor. `Device::best()` and `Cuda::all()` pass it over", found.0, found.1, wanted.0, wanted.1
    )]
    OldCard {
        /// Which card.
        card: String,
        /// Its compute capability.
        found: (u32, u32),
        /// The least that is supported.
        wanted: (u32, u32),
    },
    /// A card has not enough memory.
    #[error(
        "card {card} is out of memory: {bytes} bytes were asked for, and {free} of its {total} are free; drop what is kept \
         there, also by other programs. What is uploaded, or stays there, has to fit; operands and results on the host need not"
    )]
    DeviceMemory {
        /// Which card.
        card: u32,
        /// How many bytes were asked for.
        bytes: usize,
        /// How many are free.
        free: usize,
        /// How many it has.
        total: usize,
    },
    /// An operand lies on one card, and the call runs on another.
    #[error(
        "it lies on {found}, and the call runs on {wanted}: upload it there, or take it to the host with `.to_host()`"
    )]
    OtherCard {
        /// Where the operand lies.
        found: String,
        /// Where the call runs.
        wanted: String,
    },
    /// The card's driver refuses, or a kernel has failed.
    #[error("{}", said(what, *code, text, advice))]
    Driver {
        /// What was done, on which card.
        what: String,
        /// The driver's code.
        code: u32,
        /// What the driver says: of kernels that it could not compile, its compiler's log.
        text: String,
        /// What to do, if anything is known.
        advice: &'static str,
    },
}

impl Error {
    /// Whether there was no room for something.
    pub(crate) fn is_of_memory(&self) -> bool {
        matches!(self, Error::DeviceMemory { .. } | Error::OutOfMemory { .. })
    }
}
