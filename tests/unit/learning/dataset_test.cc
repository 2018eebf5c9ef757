#include "learning/dataset.h"

#include "learning/datasets.h"
#include "tests/support/doctest.h"

#include <sstream>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

TEST_CASE("an unknown dataset is refused with the known ones") {
    CHECK_THROWS_WITH_AS(
        static_cast<void>(load_dataset("mnist:here", 1)),
        "dataset: unknown, got 'mnist', allowed synthetic, least-squares, cifar10, cifar100, idx, "
        "femnist, shakespeare, celeba, reddit, sent140, movielens, text, tokens, npy, csv, images; "
        "did you mean femnist?",
        std::invalid_argument);
}

TEST_CASE("the help shows how each dataset is written") {
    const std::string help = datasets().help();
    for (const char* syntax : {"synthetic[:train=",
                               "least-squares[:features=",
                               "cifar10:DIR",
                               "text:FILE[,length=80,stride=N]"}) {
        CHECK(help.find(syntax) != std::string::npos);
    }
}

TEST_CASE("datasets on disk need a folder") {
    CHECK_THROWS_WITH(static_cast<void>(load_dataset("cifar10", 1)),
                      "dataset cifar10: the folder is missing, allowed cifar10:DIR");
    CHECK_THROWS_WITH(static_cast<void>(load_dataset("idx:", 1)),
                      "dataset idx: the folder is missing, allowed idx:DIR[,split=NAME]");
    CHECK_THROWS_WITH(static_cast<void>(load_dataset("idx:/nowhere", 1)),
                      "dataset idx: not a folder, got '/nowhere'");
}

TEST_CASE("options of generated datasets are checked") {
    const auto load = [](const char* spec) { static_cast<void>(load_dataset(spec, 1)); };
    CHECK_THROWS_WITH(load("synthetic:pixels=4"),
                      "dataset synthetic: unknown option, got 'pixels', allowed keys: train, test, "
                      "noise, classes, size");
    CHECK_THROWS_WITH(load("synthetic:classes=1"),
                      "dataset synthetic: classes: not a whole number in range, got '1', allowed "
                      "2 ... 1000");
    CHECK_THROWS_WITH(load("synthetic:train=100000000,size=256"),
                      "dataset synthetic: too large, got 100002000 samples of 196608 bytes, "
                      "allowed 16 GiB in all");
    CHECK_THROWS_WITH(load("least-squares:samples=0"),
                      "dataset least-squares: samples: not a whole number in range, got '0', "
                      "allowed 1 ... 100000000");
    CHECK_THROWS_WITH(load("least-squares:noise=-1"),
                      "dataset least-squares: noise: not a number in range, got '-1', allowed "
                      "0 ... 1000000");
    CHECK_THROWS_WITH(load("least-squares:samples=100000000,features=100000"),
                      "dataset least-squares: too large, got 100000000 samples of 400000 bytes, "
                      "allowed 16 GiB in all");
}

}  // namespace
}  // namespace murmur
