let x = "never ends; keops!(f_broken())
