#include "tests/fuzz/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace murmur::fuzz {

std::vector<Target> all_targets() {
    std::vector<Target> all;
    for (auto* const targets : {codec_targets,
                                message_targets,
                                data_targets,
                                leaf_targets,
                                model_targets,
                                topology_targets,
                                emulator_targets,
                                scenario_targets,
                                value_targets}) {
        std::ranges::move(targets(), std::back_inserter(all));
    }
    return all;
}

std::string argument(int argc,
                     const char* const* argv,
                     std::string_view name,
                     std::string_view fallback) {
    const std::string prefix = fmt::format("--{}=", name);
    for (int i = 1; i < argc; ++i) {
        const std::string_view given = argv[i];
        if (given.starts_with(prefix)) {
            return std::string(given.substr(prefix.size()));
        }
    }
    return std::string(fallback);
}

Target chosen_target(int argc, const char* const* argv) {
    const std::string name = argument(argc, argv, "target", "");
    std::string names;
    for (Target& target : all_targets()) {
        if (target.name == name) {
            return std::move(target);
        }
        names += " " + target.name;
    }
    throw std::invalid_argument(fmt::format("--target: unknown, got '{}', allowed{}", name, names));
}

void read(const Target& target, std::span<const std::uint8_t> input) {
    try {
        target.read(input);
    } catch (const std::invalid_argument& refusal) {
        if (std::string_view(refusal.what()).empty()) {
            std::cerr << target.name << ": refused without a word\n";
            std::abort();
        }
    }
}

void write_seeds(const Target& target, const std::string& folder) {
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const Bytes& seed : target.seeds()) {
        std::ofstream file(fmt::format("{}/seed-{}", folder, number++), std::ios::binary);
        file.write(reinterpret_cast<const char*>(seed.data()),
                   static_cast<std::streamsize>(seed.size()));
    }
}

Bytes as_bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

}  // namespace murmur::fuzz
