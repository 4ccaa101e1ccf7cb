//! Cards: a context each, and the kernels that are loaded there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::driver::{self, Context, CudaDevice, Kernel, Module, Refusal};
use crate::{DeviceError, Error, Ptx};

/// A card in use: what all engines on it share.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) device: CudaDevice,
    pub(super) context: Arc<Context>,
    /// Kernels by their symbols, as long as the card is in use.
    modules: Mutex<HashMap<&'static str, Arc<Loaded>>>,
    /// Why the context is lost, if it is.
    lost: OnceLock<Error>,
}

/// The kernels of a pass, ready to be launched.
#[derive(Debug)]
pub struct Loaded {
    /// Their names, and where their formula was written.
    pub(super) symbol: &'static str,
    pub(super) place: &'static str,
    /// Reduces; writes the values of columns; merges.
    kernels: [Kernel; 3],
    /// The kernels live as long as this.
    _module: Module,
}

/// What the names of the kernels of a pass end with.
const ENDS: [&str; 3] = ["", "_columns", "_merge"];

impl Loaded {
    /// The kernel of a name.
    pub(super) fn kernel(&self, name: &str) -> Option<Kernel> {
        let end = name.strip_prefix(self.symbol)?;
        ENDS.iter().position(|own| *own == end).map(|k| self.kernels[k])
    }
}

/// A lock that no panic spoils: what it guards is whole between any two statements.
pub(super) fn locked<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The cards in use, by number.
static CARDS: Mutex<Vec<Weak<Card>>> = Mutex::new(vec![]);

impl Card {
    /// A card of this number: the one in use, unless its context is lost.
    pub(super) fn of(ordinal: u32) -> Result<Arc<Self>, Error> {
        let found = driver::count()? as usize;
        if ordinal as usize >= found {
            return Err(DeviceError::NoSuchCard { ordinal, found }.into());
        }
        let mut cards = locked(&CARDS);
        cards.retain(|card| card.strong_count() > 0);
        let in_use = cards.iter().filter_map(Weak::upgrade);
        if let Some(card) = in_use.into_iter().find(|card| card.device.ordinal == ordinal && card.lost.get().is_none())
        {
            return Ok(card);
        }
        let device = driver::describe(ordinal)?;
        if !device.is_supported() {
            return Err(device.too_old());
        }
        let told = |refusal: Refusal| refusal.to_error(format!("{}: making its context", device.title()));
        let context = Context::new(ordinal).map_err(told)?;
        // what was lost stays lost until nobody holds it
        context.wait().map_err(told)?;
        let card = Arc::new(Card { device, context, modules: Mutex::default(), lost: OnceLock::new() });
        cards.push(Arc::downgrade(&card));
        Ok(card)
    }

    /// What messages call it.
    pub(super) fn name(&self) -> String {
        self.device.title()
    }

    /// The error of a context that is lost, if it is.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.lost.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// An error of what was done here; a fatal one is that of all that follows.
    pub(super) fn error(&self, what: &str, refusal: &Refusal) -> Error {
        let error = refusal.to_error(format!("{}: {what}", self.name()));
        if refusal.is_fatal() {
            return self.lost.get_or_init(|| error).clone();
        }
        error
    }

    /// Loads kernels, once.
    pub(super) fn load(&self, Ptx { symbol, text, place }: Ptx) -> Result<Arc<Loaded>, Error> {
        self.check()?;
        let mut modules = locked(&self.modules);
        if let Some(known) = modules.get(symbol) {
            return Ok(known.clone());
        }
        let told = |refusal: Refusal| self.error(&format!("loading the kernels of the formula at {place}"), &refusal);
        let module = Module::new(&self.context, text).map_err(told)?;
        let [a, b, c] = ENDS.map(|end| module.kernel(&format!("{symbol}{end}")).map_err(told));
        let loaded = Arc::new(Loaded { symbol, place, kernels: [a?, b?, c?], _module: module });
        modules.insert(symbol, loaded.clone());
        Ok(loaded)
    }
}
