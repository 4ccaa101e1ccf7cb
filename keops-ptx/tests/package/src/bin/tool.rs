#!/usr/bin/env run
fn main() { keops!(f_main()); }
