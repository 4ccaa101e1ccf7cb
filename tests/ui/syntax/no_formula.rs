//! Nothing at all.
use keops::keops;

fn main() {
    let _ = keops!();
}
