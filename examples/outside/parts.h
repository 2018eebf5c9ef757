#pragma once

// What this project adds to Murmuration, a file each.  Registered before the command line is read,
// they have their names in options, help and results as Murmuration's own do.

/// `--dataset=two-moons`
void register_two_moons();
/// `--model=radial`
void register_radial();
/// `--optimizer=sign-descent`
void register_sign_descent();
/// `--aggregation=clipped-gossip`
void register_clipped_gossip();
