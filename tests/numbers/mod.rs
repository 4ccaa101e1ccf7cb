//! What engines and the double loop answer, as plain numbers: to compare results of any type.

use keops::Complex;

/// Results as numbers.
pub(crate) trait Numbers {
    fn numbers(&self) -> Vec<f64>;
}
macro_rules! numbers {
    ($($t:ty)*) => { $(impl Numbers for $t { fn numbers(&self) -> Vec<f64> { vec![f64::from(*self)] } })* };
}
numbers!(f32 f64 u32);
impl<V: Numbers, const D: usize> Numbers for [V; D] {
    fn numbers(&self) -> Vec<f64> {
        self.iter().flat_map(Numbers::numbers).collect()
    }
}
impl<V: Numbers> Numbers for Vec<V> {
    fn numbers(&self) -> Vec<f64> {
        self.iter().flat_map(Numbers::numbers).collect()
    }
}
impl<V: Numbers> Numbers for Complex<V> {
    fn numbers(&self) -> Vec<f64> {
        [self.re.numbers(), self.im.numbers()].concat()
    }
}
impl<A: Numbers, B: Numbers> Numbers for (A, B) {
    fn numbers(&self) -> Vec<f64> {
        [self.0.numbers(), self.1.numbers()].concat()
    }
}
