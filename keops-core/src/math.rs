//! Elementary functions for vectors of numbers.
