#pragma once

#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// What made a run: the program, what it was built from and by, and what of this machine decides
/// the bits of its results.
struct BuildInfo {
    std::string program;   ///< file name of this program
    std::string revision;  ///< of the repository when it was built, `-dirty` with changes; or empty
    std::string type;      ///< CMake's build type
    /// Versions of Murmuration, ns-3, LibTorch and the compiler, by these names.
    std::vector<std::pair<std::string, std::string>> versions;
    /// Instruction sets by which LibTorch and its libraries choose their kernels.
    std::vector<std::string> processor;
    std::string blas;  ///< OpenBLAS's name of the processor, whose kernels it uses; or empty
};

[[nodiscard]] BuildInfo build_info();

}  // namespace murmur
