#pragma once

namespace murmur {

/// Which of a launcher's processes this is, by what `mpirun` and `srun` say in the environment.
struct LaunchedPlace {
    unsigned rank = 0;
    unsigned size = 1;        ///< 1: no launcher
    unsigned ranks_here = 1;  ///< on this machine
};

[[nodiscard]] LaunchedPlace launched_place();

}  // namespace murmur
