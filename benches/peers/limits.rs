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
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(multiply_adds)), Some(Ok(exponentials)), Some(Ok(lanes))) => {
                Ok(Limits { multiply_adds, exponentials, lanes: lanes as usize })
            }
            _ => Err(text.trim().trim_start_matches("absent: ").into()),
        }
    }

    /// Clocks in a second, where a core begins two multiply-adds in each.
    pub fn clock(&self) -> f64 {
        self.multiply_adds / (2 * self.lanes * thread::available_parallelism().map_or(1, usize::from)) as f64
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
