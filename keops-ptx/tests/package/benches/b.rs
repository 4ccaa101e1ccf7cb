keops!(f_bench());
