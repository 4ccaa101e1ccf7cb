//! The limits of the machine, and how far from them the Gaussian sum is.

use std::path::Path;
use std::process::Command;
use std::thread;

use crate::peer::Result;
use crate::race::Row;
use crate::rivals;
use crate::workload::{Kernel, Quantity, usual};

/// What all threads together can do in a second, in `f32`.
pub struct Limits {
    multiply_adds: f64,
    exponentials: f64,
    /// How many numbers they come in.
    lanes: usize,
    /// Clocks in a second.
    clock: f64,
}

impl Limits {
    /// Measures them.
    ///
    /// # Errors
    /// Without a C++ compiler, and without AVX2.
    pub fn measure(folder: &Path) -> Result<Self> {
        let output = Command::new(rivals::in_cpp(folder)?).arg("limits").output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split_whitespace().map(str::parse::<f64>);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(multiply_adds)), Some(Ok(exponentials)), Some(Ok(lanes)), Some(Ok(clock))) => {
                Ok(Limits { multiply_adds, exponentials, lanes: lanes as usize, clock })
            }
            _ => Err(text.trim().trim_start_matches("absent: ").into()),
        }
    }

    /// Clocks in a second.
    pub fn clock(&self) -> f64 {
        self.clock
    }

    /// How many vectors of so many bytes a core begins in a clock, of two that its ports would take: half of them where the widest go
    /// through in two halves.
    pub fn pace(&self, bytes: usize) -> f64 {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let pace = self.multiply_adds / (2.0 * self.clock * (self.lanes * threads) as f64);
        if bytes == 4 * self.lanes && pace < 0.75 { 0.5 } else { 1.0 }
    }

    /// How much of them the Gaussian sums in three dimensions take, if any of these rows are such.
    pub fn report(&self, rows: &[Row]) -> String {
        let (fma, exp) = (self.multiply_adds / 1e9, self.exponentials / 1e9);
        let mut text =
            format!("- Limits of the machine: {fma:.0}·10⁹ multiply-adds or {exp:.1}·10⁹ exponentials per second.\n");
        for row in rows {
            let w = &row.workload;
            if w.quantity != Quantity::Sum
                || w.kernel != Kernel::Gauss
                || w.dim != 3
                || w.g != usual(3)
                || w.double
                || w.pairs() < 1e8
            {
                continue;
            }
            let exp = 100.0 * row.pairs_per_second() / self.exponentials;
            text += &format!("- {w}: {exp:.0} % of the limit of exponentials.\n");
        }
        text
    }
}
