keops!(f_example());
