#pragma once

#include "emulator/report/report.h"
#include "tests/support/temporary_folder.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace murmur::test {

/// Files by path below the folder.
using RunFiles = std::map<std::string, std::string>;

/// Returns every file of a run's folder, without what real time and the machine say: wall and CPU
/// times, memory, the number of workers and ranks, where the folder is, and without its
/// checkpoints. The page is made again from the rest.
inline RunFiles files_of_run(const std::filesystem::path& folder) {
    // The page bears the folder's name.
    const TemporaryFolder place;
    const std::filesystem::path copy = place.path() / "run";
    std::filesystem::copy(folder, copy, std::filesystem::copy_options::recursive);
    std::filesystem::remove_all(copy / "checkpoint");
    const auto rewrite = [&](const char* name, auto&& change) {
        auto json = nlohmann::ordered_json::parse(read_text(copy / name));
        change(json);
        write_text(copy / name, json.dump(2));
    };
    rewrite("summary.json", [](nlohmann::ordered_json& summary) {
        for (const char* key : {"wall_s",
                                "cpu_s",
                                "learning_cpu_s",
                                "simulator_cpu_s",
                                "held_back_s",
                                "peak_rss_bytes",
                                "ranks",
                                "bytes_between_ranks",
                                "resumed_from_round",
                                "workers"}) {
            summary.at(key) = 0;
        }
    });
    rewrite("experiment.json", [](nlohmann::ordered_json& experiment) {
        experiment.at("options").at("workers") = 1;
        experiment.at("options").at("out") = "";
        experiment.at("options").at("placement") = "";
        experiment.at("options").at("checkpoint-every") = "";
    });
    write_report(copy);
    RunFiles files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(copy)) {
        if (entry.is_regular_file()) {
            files[entry.path().lexically_relative(copy).string()] = read_text(entry.path());
        }
    }
    return files;
}

}  // namespace murmur::test
