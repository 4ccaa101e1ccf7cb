mod deeper; keops!(f_inner());
