// Files of DecentralizePy as its reader takes them, Python's ConfigParser behind localconfig.

#include "tools/decentralizepy/ini_file.h"

#include "tests/support/doctest.h"
#include "tests/unit/decentralizepy/configs.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace murmur::decentralizepy {

TEST_CASE("DecentralizePy: comments behind values, as its own files have them") {
    // The lines of its tutorial/EpidemicLearning/config_EL.ini that have one.
    std::string text = config(
        "sharing_package = decentralizepy.sharing.PlainAverageSharing ; Does "
        "not use Metropolis-Hastings\nsharing_class = PlainAverageSharing\n"
        "compress = False\n[NODE]\ngraph_degree = 7 ; s (number of neighbors "
        "in EL-Oracle, and of receivers in EL-Local)\n",
        "partition_niid = dirichlet\nalpha = 0.1 ; alpha (of Dirichlet)\n",
        "optimizer_class = SGD\nlr = 0.05\t# gamma\n");
    const std::size_t at = text.find("rounds = 4");
    text.replace(at, 10, "rounds = 10 ; r");
    CommandLine line;
    line.node = "EL_Local";
    const Translation translation = translated(text, line);
    CHECK(has(translation, "--local-steps=10"));
    CHECK(has(translation, "--lr=0.05"));
    CHECK(has(translation, "--partition=dirichlet:0.1"));
    CHECK(has(translation, "--protocol=el-local:window=1s,receivers=7"));
    CHECK(names(translation, "[TRAIN_PARAMS] rounds = 10 ; r"));
    CHECK(names(translation, "[OPTIMIZER_PARAMS] lr = 0.05 # gamma"));
    // A mark within a word is none.
    CHECK(has(translated(config(kFull, "", "lr = 0.1\n") + "[NODE]\nnote = a;b#c\n"), "--lr=0.1"));
}

TEST_CASE("DecentralizePy: keys in any case, and a colon for an equals sign") {
    const std::string optimizer = "Optimizer_Class : SGD\nLR: 0.1\nMOMENTUM=0.9\n";
    const Translation translation = translated(config(kFull, "", optimizer));
    CHECK(has(translation, "--lr=0.1"));
    CHECK(has(translation, "--momentum=0.9"));
    CHECK(error_of(config(kFull, "", "lr = 1\nLR = 2\n"))
              .ends_with("a second 'lr' in [OPTIMIZER_PARAMS]"));
    // What comes first parts them.
    const Translation folder = translated(config(kFull + "log : a = b\n"));
    CHECK(names(folder, "[SHARING] log = a = b"));
}

TEST_CASE("DecentralizePy: lines that are indented deeper go on with a value") {
    CHECK(has(
        translated(config("sharing_class = JWINS\nalpha_list = [0.1,\n  0.5,\n; no more\n\n  1.0]\n"
                          "wavelet = sym2\n")),
        "--sharing=jwins:family=sym2,level=4,alphas=0.1/0.5/1.0,full-from=1.0,"
        "accumulation=none"));
    // So a key that is indented by mistake is none there, and here.
    CHECK(contains(error_of(config(kFull, "", "optimizer_class = SGD\n  lr = 0.1\n")),
                   "[OPTIMIZER_PARAMS] optimizer_class: unknown, got 'SGD lr = 0.1'"));
    std::string folder = config(kFull);
    folder.replace(folder.find("test_dir"), 0, " ");
    CHECK(contains(error_of(folder),
                   "--dataset: got 'cifar10:/data/CIFAR test_dir = /data/CIFAR' on several lines"));
    std::string indented = config(kFull);
    for (std::size_t at = 0; (at = indented.find('\n', at)) != std::string::npos; at += 3) {
        indented.replace(at, 1, "\n  ");
    }
    CHECK(has(translated(indented), "--lr=0.01"));
}

TEST_CASE("DecentralizePy: [DEFAULT] stands in every section") {
    const std::string defaults = "[DEFAULT]\nlr = 0.5\nbatch_size = 4\nrounds = 9\nnothing = 1\n";
    const Translation translation =
        translated(defaults + config(kFull, "", "optimizer_class = SGD\n"));
    CHECK(has(translation, "--lr=0.5"));
    // A section's own key comes first.
    CHECK(has(translation, "--local-steps=4"));
    CHECK(has(translation, "--batch-size=16"));
    CHECK(names(translation, "[DEFAULT] nothing = 1"));
    CHECK_FALSE(names(translation, "[DEFAULT] lr = 0.5"));
    CHECK_FALSE(names(translation, "[SHARING] lr = 0.5"));
    CHECK(contains(error_of(defaults), "no section [DATASET]"));
}

TEST_CASE("DecentralizePy: what is true and false, in any case") {
    const auto codec = [](const std::string& compress) {
        return translated(
            config("sharing_class = Sharing\ncompression_class = Elias\ncompress = " + compress));
    };
    for (const char* yes : {"True", "true", "YES", "Yes", "on", "1"}) {
        CAPTURE(yes);
        CHECK(has(codec(yes), "--codec=elias"));
    }
    // 1 is no True where the text is compared.
    for (const char* yes : {"True", "true", "YES", "Yes", "on"}) {
        CAPTURE(yes);
        const Translation shards =
            translated(config(kFull, fmt::format("shards = 2\npartition_niid = {}\n", yes)));
        CHECK(has(shards, "--partition=shards:2"));
    }
    CHECK(contains(error_of(config(kFull, "partition_niid = 1\n")),
                   "partition_niid: unknown, got '1'"));
    for (const char* no : {"False", "false", "NO", "Off", "0", ""}) {
        CAPTURE(no);
        CHECK(has(codec(no), "--codec=raw"));
        const Translation iid = translated(config(kFull, fmt::format("partition_niid = {}\n", no)));
        CHECK(has(iid, "--partition=iid"));
        CHECK_FALSE(names(iid, "[DATASET] partition_niid = simple"));
    }
    CHECK(contains(error_of(config(kFull, "partition_niid = kshards\n")), "did you mean kshard?"));
    // Compared as numbers and as truths, not as they are written.
    for (const char* off :
         {"dampening = 0.00", "dampening = 0", "maximize = off", "nesterov = no"}) {
        CAPTURE(off);
        CHECK(has(translated(config(kFull, "", fmt::format("lr = 0.1\n{}\n", off))), "--lr=0.1"));
    }
    CHECK(has(translated(config(kFull, "", "optimizer_class = Adam\namsgrad = false\n")),
              "--optimizer=adam"));
    CHECK(contains(error_of(config(kFull, "", "dampening = 0.1\n")),
                   "[OPTIMIZER_PARAMS] dampening: got 0.1, allowed 0 alone"));
    CHECK(contains(error_of(config(kFull, "", "optimizer_class = Adam\namsgrad = yes\n")),
                   "[OPTIMIZER_PARAMS] amsgrad: got True, allowed False alone"));
}

TEST_CASE("DecentralizePy: files of other systems, and odd ones") {
    std::string text = config(kFull);
    const auto replaced = [&text](const std::string& what, const std::string& other) {
        std::string changed = text;
        for (std::size_t at = 0; (at = changed.find(what, at)) != std::string::npos;
             at += other.size()) {
            changed.replace(at, what.size(), other);
        }
        return changed;
    };
    const std::vector<std::string> options = translated(text).options;
    CHECK(translated(replaced("\n", "\r\n")).options == options);
    CHECK(translated(replaced("\n", "\r")).options == options);
    CHECK(translated("\xEF\xBB\xBF" + text).options == options);
    CHECK(translated(replaced("[SHARING]", "[SHARING] ; what is sent")).options == options);
    CHECK(has(translated(replaced("/data/CIFAR", "/donn\u00e9es/\u56fe")),
              "--dataset=cifar10:/donn\u00e9es/\u56fe"));
    CHECK(contains(error_of(replaced("[SHARING]", "[sharing]")), "no section [SHARING]"));
    CHECK(contains(error_of(replaced("[SHARING]", "[DATASET]")), ": a second section [DATASET]"));
    CHECK(contains(error_of("lr = 1\n" + text), "config.ini(1): 'lr = 1' stands in no section"));
    CHECK(contains(error_of(replaced("rounds = 4", "rounds 4")),
                   ": got 'rounds 4', allowed [SECTION] or key = value"));
    CHECK(contains(error_of(replaced("rounds = 4", "= 4")), ": got '= 4', allowed "));
    CHECK(contains(error_of(""), "no section [DATASET]"));
    CHECK_THROWS_WITH_AS((void)IniFile::read("/"), "/: cannot be read", std::invalid_argument);
    const Translation empty = translated(replaced("lr = 0.01", "lr ="));
    CHECK(has(empty, "--lr=0.001"));
    CHECK(names(empty, "[OPTIMIZER_PARAMS] lr = "));
    CHECK(names(translated(replaced("test_dir = /data/CIFAR", "test_dir =")),
                "[DATASET] test_dir = "));
    CHECK(has(translated(replaced("sizes =", "sizes = None")), "--lr=0.01"));
}

}  // namespace murmur::decentralizepy
