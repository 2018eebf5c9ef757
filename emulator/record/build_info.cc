#include "emulator/record/build_info.h"

#include <cerrno>
#include <dlfcn.h>

namespace murmur {

/// Stands in a source of its own that the build makes: a new revision compiles nothing else.
extern const char* const kRevision;

namespace {

std::vector<std::string> processor_features() {
    std::vector<std::string> features;
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    const auto note = [&](const char* name, int has) {
        if (has != 0) {
            features.emplace_back(name);
        }
    };
    note("sse4.2", __builtin_cpu_supports("sse4.2"));
    note("avx", __builtin_cpu_supports("avx"));
    note("avx2", __builtin_cpu_supports("avx2"));
    note("fma", __builtin_cpu_supports("fma"));
    note("avx512f", __builtin_cpu_supports("avx512f"));
    note("avx512dq", __builtin_cpu_supports("avx512dq"));
    note("avx512bw", __builtin_cpu_supports("avx512bw"));
    note("avx512vl", __builtin_cpu_supports("avx512vl"));
    note("avx512vnni", __builtin_cpu_supports("avx512vnni"));
#elif defined(__aarch64__)
    features.emplace_back("aarch64");
#endif
    return features;
}

std::string blas_core() {
    // Whichever BLAS was loaded: another one has no such function.
    using CoreName = const char* (*)();
    const auto name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
    return name == nullptr ? std::string() : std::string(name());
}

}  // namespace

BuildInfo build_info() {
    return {.program = program_invocation_short_name,
            .revision = kRevision,
            .type = MURMUR_BUILD_TYPE,
            .versions = {{"murmuration", MURMUR_VERSION},
                         {"ns3", MURMUR_NS3_VERSION},
                         {"libtorch", MURMUR_TORCH_VERSION},
                         {"compiler", __VERSION__}},
            .processor = processor_features(),
            .blas = blas_core()};
}

}  // namespace murmur
