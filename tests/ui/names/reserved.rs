//! Names that no operand can have.
use keops::keops;

struct Cloud {
    x: Vec<f32>,
}
impl Cloud {
    fn sums(&self) {
        let _ = keops!(sum_j self_i * self.x_j).eval();
        let _ = keops!(sum_j pi_i * i * self_j).eval();
    }
}
fn main() {}
