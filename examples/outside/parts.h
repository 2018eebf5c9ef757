#pragma once

// What this project adds to Murmuration, a file each.  Registered before the command line is read,
// they have their names in options, help and results as Murmuration's own do.

/// `--dataset=two-moons`
void register_two_moons();
/// `--model=radial`
void register_radial();
/// `--optimizer=sign-descent`
void register_sign_descent();
/// `--protocol=pass-on`
void register_pass_on();
/// `--sharing=every-other`
void register_every_other();
/// `--codec=fixed-point`
void register_fixed_point();
/// `--aggregation=trusting`
void register_trusting();

inline void register_parts() {
    register_two_moons();
    register_radial();
    register_sign_descent();
    register_pass_on();
    register_every_other();
    register_fixed_point();
    register_trusting();
}
