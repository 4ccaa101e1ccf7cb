//! Ranks that are processes of MPI. This file names the crate `mpi`, and no other does.

use std::marker::PhantomData;

use mpi::Threading;
use mpi::environment::Universe;
use mpi::request::multiple_scope;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, CommunicatorCollectives as _, Destination as _, Root as _, Source as _};

use crate::ranks::{Communicator, Piece, Ranks};
use crate::{Cpu, Error, RanksError};

/// The most bytes of a message: MPI counts them by 32 bits.
const MESSAGE: usize = 1 << 28;

/// A call divided among the processes that `mpirun` has started: see [`Ranks`].
///
/// ```no_run
/// # extern crate keops_runtime as keops;
/// use keops::{Cpu, Mpi};
///
/// # fn main() -> Result<(), keops::Error> {
/// let mpi = Mpi::start(Cpu::default())?;
/// // each rank makes or reads its own part of a million points, in place of all of them
/// let rows = mpi.part(1_000_000);
/// // gauss(&x, &y, &b, s2).eval_on(&mpi)?
/// # let _ = rows;
/// # Ok(())
/// # }
/// ```
///
/// What it computes with are the threads that MPI leaves to each process: `mpirun --bind-to none` or `--map-by socket:PE=8` leaves it more than
/// the one core that it may have by default.
pub type Mpi<E = Cpu> = Ranks<E, World>;

/// The processes that `mpirun` has started.
pub struct World {
    // before the universe, which is the last to go
    communicator: SimpleCommunicator,
    _universe: Option<Universe>,
    /// MPI is called by the thread that has started it.
    _here: PhantomData<*const ()>,
}

impl World {
    /// Starts MPI. Where it has been started already, by code that names it itself, see [`World::of`].
    ///
    /// # Errors
    /// [`RanksError::MpiStarted`].
    pub fn start() -> Result<Self, Error> {
        let (universe, _) = mpi::initialize_with_threading(Threading::Funneled).ok_or(RanksError::MpiStarted)?;
        // messages of others do not meet ours
        let communicator = universe.world().duplicate();
        Ok(World { communicator, _universe: Some(universe), _here: PhantomData })
    }

    /// The processes of a communicator of the crate `mpi`, which whoever calls this has started and ends after this.
    pub fn of(communicator: &impl mpi::traits::Communicator) -> Self {
        World { communicator: communicator.duplicate(), _universe: None, _here: PhantomData }
    }
}

impl<E> Mpi<E> {
    /// Starts MPI, with this engine on each process.
    ///
    /// # Errors
    /// [`RanksError::MpiStarted`], when it has been started already.
    pub fn start(engine: E) -> Result<Self, Error> {
        Ok(Ranks::new(engine, World::start()?))
    }
}

fn number(rank: usize) -> i32 {
    i32::try_from(rank).expect("MPI counts ranks by 32 bits")
}

impl Communicator for World {
    fn rank(&self) -> usize {
        self.communicator.rank() as usize
    }
    fn ranks(&self) -> usize {
        self.communicator.size() as usize
    }
    fn all_gather(&self, words: &[u64]) -> Vec<u64> {
        let mut all = vec![0; words.len() * self.ranks()];
        self.communicator.all_gather_into(words, &mut all[..]);
        all
    }
    fn spread(&self, pieces: Vec<Piece<'_>>, work: &mut dyn FnMut() -> bool) {
        let messages: Vec<Piece<'_>> = pieces
            .into_iter()
            .flat_map(|(owner, bytes)| bytes.chunks_mut(MESSAGE).map(move |message| (owner, message)))
            .collect();
        multiple_scope(messages.len(), |scope, requests| {
            for (owner, bytes) in messages {
                let owner = self.communicator.process_at_rank(number(owner));
                requests.add(owner.immediate_broadcast_into(scope, bytes));
            }
            let mut done = vec![];
            // what travels needs to be looked after
            while work() {
                requests.test_all(&mut done);
            }
            requests.wait_all(&mut done);
        });
    }
    fn send(&self, to: usize, bytes: &[u8]) {
        self.communicator.process_at_rank(number(to)).send(bytes);
    }
    fn receive(&self, from: usize, bytes: &mut [u8]) {
        self.communicator.process_at_rank(number(from)).receive_into(bytes);
    }
    fn abort(&self) -> ! {
        self.communicator.abort(101)
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} of {}", self.rank(), self.ranks())
    }
}
