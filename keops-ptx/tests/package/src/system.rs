keops!(f_system());
