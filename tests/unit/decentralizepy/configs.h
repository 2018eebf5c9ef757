#pragma once

#include "tests/support/temporary_folder.h"
#include "tools/decentralizepy/command_line.h"
#include "tools/decentralizepy/ini_file.h"
#include "tools/decentralizepy/translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur::decentralizepy {

/// A file as the tutorial has it, with a section SHARING of these lines.
inline std::string config(const std::string& sharing,
                          const std::string& dataset = "partition_niid = kshard\nshards = 2\n",
                          const std::string& optimizer = "optimizer_class = SGD\nlr = 0.01\n") {
    return fmt::format(
        "; a comment\n[DATASET]\ndataset_package = decentralizepy.datasets.CIFAR10\n"
        "dataset_class = CIFAR10\nmodel_class = LeNet\n  # another one\ntrain_dir = /data/CIFAR\n"
        "test_dir = /data/CIFAR\nsizes =\nrandom_seed = 97\n{}\n[OPTIMIZER_PARAMS]\n"
        "optimizer_package = torch.optim\n{}\n[TRAIN_PARAMS]\n"
        "training_package = decentralizepy.training.Training\ntraining_class = Training\n"
        "rounds = 4\nfull_epochs = False\nbatch_size = 16\nshuffle = True\n"
        "loss_package = torch.nn\nloss_class = CrossEntropyLoss\n\n[COMMUNICATION]\n"
        "comm_package = decentralizepy.communication.TCP\ncomm_class = TCP\n"
        "addresses_filepath = ip.json\n\n[SHARING]\n{}",
        dataset,
        optimizer,
        sharing);
}

inline Translation translated(const std::string& text, const CommandLine& line = {}) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "config.ini";
    test::write_text(path, text);
    return translate(IniFile::read(path.string()), line);
}

inline bool has(const Translation& translation, const std::string& option) {
    return std::ranges::find(translation.options, option) != translation.options.end();
}

inline bool names(const Translation& translation, const std::string& what) {
    return std::ranges::any_of(translation.remarks,
                               [&](const Remark& remark) { return remark.what == what; });
}

inline std::string error_of(const std::string& text, const CommandLine& line = {}) {
    try {
        (void)translated(text, line);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

inline const std::string kFull =
    "sharing_package = decentralizepy.sharing.Sharing\nsharing_class = Sharing\n";

/// The same of MovieLens.
inline std::string movie_lens(const std::string& folder, const std::string& optimizer) {
    std::string text = config(kFull, "", optimizer);
    for (const auto& [line, other] : std::vector<std::pair<std::string, std::string>>{
             {"decentralizepy.datasets.CIFAR10", "decentralizepy.datasets.MovieLens"},
             {"dataset_class = CIFAR10", "dataset_class = MovieLens"},
             {"model_class = LeNet", "model_class = MatrixFactorization"},
             {"train_dir = /data/CIFAR", "train_dir = " + folder},
             {"test_dir = /data/CIFAR", "test_dir = " + folder},
             {"CrossEntropyLoss", "MSELoss"}}) {
        text.replace(text.find(line), line.size(), other);
    }
    return text;
}

}  // namespace murmur::decentralizepy
