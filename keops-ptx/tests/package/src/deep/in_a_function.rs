keops!(f_in_a_function());
