// Experiments of DecentralizePy: what each key becomes, what is named, and what is refused.  That
// the options are ones of ours is seen by planning the experiment with them.

#include "tools/decentralizepy/translation.h"

#include "emulator/run/command_line.h"
#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/run_files.h"
#include "tests/support/skip.h"
#include "tests/support/temporary_folder.h"
#include "tools/decentralizepy/command_line.h"
#include "tools/decentralizepy/ini_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur::decentralizepy {
namespace {

/// A file as the tutorial has it, with a section SHARING of these lines.
std::string config(const std::string& sharing,
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

Translation translated(const std::string& text, const CommandLine& line = {}) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "config.ini";
    test::write_text(path, text);
    return translate(IniFile::read(path.string()), line);
}

bool has(const Translation& translation, const std::string& option) {
    return std::ranges::find(translation.options, option) != translation.options.end();
}

bool names(const Translation& translation, const std::string& what) {
    return std::ranges::any_of(translation.remarks,
                               [&](const Remark& remark) { return remark.what == what; });
}

std::string error_of(const std::string& text, const CommandLine& line = {}) {
    try {
        (void)translated(text, line);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string kFull =
    "sharing_package = decentralizepy.sharing.Sharing\nsharing_class = Sharing\n";

}  // namespace

TEST_CASE("DecentralizePy: a whole experiment, option by option") {
    const test::TemporaryFolder folder;
    const std::string graph = (folder.path() / "96_regular.edges").string();
    test::write_text(graph, "96\n0 1\n1 0\n");
    CommandLine line;
    line.graph = graph;
    line.iterations = "80";
    line.test_after = "20";
    line.log_dir = "results";
    const Translation translation = translated(config(kFull), line);
    const std::vector<std::string> expected{"--protocol=dpsgd",
                                            "--topology=edges:" + graph,
                                            "--nodes=96",
                                            "--dataset=cifar10:/data/CIFAR",
                                            "--model=gn-lenet",
                                            "--partition=shards:2",
                                            "--seed=97",
                                            "--rounds=80",
                                            "--local-steps=4",
                                            "--batch-size=16",
                                            "--optimizer=sgd",
                                            "--lr=0.01",
                                            "--sharing=full",
                                            "--codec=raw",
                                            "--eval-every=20",
                                            "--out=results"};
    CHECK(translation.options == expected);
    REQUIRE(translation.remarks.size() == 1);
    CHECK(translation.remarks.front().what == "[COMMUNICATION] addresses_filepath = ip.json");
}

TEST_CASE("DecentralizePy: each strategy and each compression") {
    const auto sharing = [](const std::string& lines) { return translated(config(lines)); };
    CHECK(has(sharing("sharing_class = PlainAverageSharing"), "--sharing=plain-average"));
    CHECK(has(sharing("sharing_class = PartialModel\nalpha = 0.1\naccumulation = True"),
              "--sharing=top-k:alpha=0.1,accumulation=changes"));
    CHECK(has(sharing("sharing_class = SubSampling\nalpha = 0.3"), "--sharing=random:alpha=0.3"));
    // From metadata_cap on PartialModel sends whole models, SubSampling only above it.
    CHECK(has(sharing("sharing_class = SubSampling\nalpha = 0.3\nmetadata_cap = 0.3"),
              "--sharing=random:alpha=0.3"));
    const Translation whole =
        sharing("sharing_class = SubSampling\nalpha = 0.3\nmetadata_cap = 0.2");
    CHECK(has(whole, "--sharing=full"));
    CHECK(names(whole, "[SHARING] alpha = 0.3"));
    CHECK(has(sharing("sharing_class = Wavelet\nalpha = 0.2\nwavelet=sym2\nlevel= 3"),
              "--sharing=wavelet:family=sym2,level=3,alpha=0.2,accumulation=none"));
    CHECK(has(sharing("sharing_class = FFT\nalpha = 0.2\naccumulation=True\n"
                      "accumulate_averaging_changes=True"),
              "--sharing=fft:alpha=0.2,accumulation=averaging"));
    CHECK(has(sharing("sharing_class = JWINS\nalpha_list = [0.1, 0.5,1.0]\nmetadata_cap = 0.5"),
              "--sharing=jwins:family=haar,level=4,alphas=0.1/0.5/1.0,full-from=0.5,"
              "accumulation=none"));
    CHECK(has(sharing("sharing_class = Choco\nalpha = 0.1\nstep_size = 0.3"),
              "--sharing=choco:alpha=0.1,gamma=0.3"));
    const Translation capped =
        sharing("sharing_class = PartialModel\nalpha = 0.6\nmetadata_cap = 0.5");
    CHECK(has(capped, "--sharing=full"));
    CHECK(names(capped, "[SHARING] alpha = 0.6"));
    const Translation stc = sharing("sharing_class = STC\nalpha = 0.1\nfloat_precision = 8");
    CHECK(has(stc, "--protocol=stc"));
    CHECK(has(stc, "--sharing=stc:alpha=0.1"));
    CHECK(names(stc, "[SHARING] float_precision = 8"));
    const std::string compressed = "sharing_class = Sharing\ncompress = True\ncompression_class = ";
    CHECK(has(sharing(compressed + "EliasFpzip"), "--codec=elias+fpzip"));
    CHECK(has(sharing(compressed + "EliasFpzipLossy\nfloat_precision = 12"),
              "--codec=elias+fpzip:bits=12"));
    CHECK(has(sharing(compressed + "Lz4Wrapper"), "--codec=lz4"));
    CHECK(has(sharing(compressed + "Quantization\nfloat_precision = 64"),
              "--codec=raw+qsgd:levels=64"));
}

TEST_CASE("DecentralizePy: optimizers, partitions and classes of nodes") {
    const Translation adam = translated(config(kFull,
                                               "partition_niid = dirichlet\nalpha = 0.5\n",
                                               "optimizer_class = Adam\nlr = 1e-3\n"
                                               "betas = (0.9, 0.95)\n"));
    CHECK(has(adam, "--optimizer=adam:beta1=0.9,beta2=0.95"));
    CHECK(has(adam, "--partition=dirichlet:0.5"));
    CHECK(has(adam, "--reset-optimizer=true"));  // the default there
    CommandLine line;
    const Translation rmsprop = translated(config(kFull,
                                                  "",
                                                  "optimizer_class = RMSprop\nlr = 0.002\n"
                                                  "alpha = 0.9\neps = 1e-6\ncentered = True\n"));
    CHECK(has(rmsprop, "--optimizer=rmsprop:alpha=0.9,eps=1e-6,centered=true"));
    CHECK(has(rmsprop, "--lr=0.002"));
    CHECK(has(rmsprop, "--reset-optimizer=true"));
    line.reset_optimizer = "0";
    const Translation momentum = translated(
        config(kFull, "", "optimizer_class = SGD\nlr = 0.1\nmomentum = 0.9\nnesterov = True\n"),
        line);
    CHECK(has(momentum, "--momentum=0.9"));
    CHECK(has(momentum, "--nesterov=true"));
    CHECK_FALSE(has(momentum, "--reset-optimizer=true"));
    CHECK(names(momentum, "[DATASET] partition_niid = simple"));
    const std::string degree = config(kFull) + "[NODE]\ngraph_degree = 5\n";
    CHECK(has(translated(degree), "--topology=dynamic:regular:5"));
    CHECK(has(translated(degree), "--protocol=dpsgd-sampler"));
    line = {};
    line.node = "EL_Oracle_Client";
    CHECK(has(translated(degree, line), "--protocol=el-oracle:degree=5"));
    line.node = "DPSGDNodeFederated";
    line.working_rate = "0.25";
    line.procs_per_machine = "8";
    line.machines = "2";
    const Translation federated = translated(config(kFull), line);
    CHECK(has(federated, "--protocol=fedavg:clients=0.25,weights=uniform"));
    CHECK(has(federated, "--nodes=17"));
}

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
    // A mark within a word is none.
    CHECK(has(translated(config(kFull, "", "lr = 0.1\n") + "[NODE]\nnote = a;b#c\n"), "--lr=0.1"));
}

TEST_CASE("DecentralizePy: numbers that do not parse are refused with section and key") {
    const auto refused = [](const std::string& text, const std::string& where) {
        CAPTURE(where);
        const std::string error = error_of(text);
        CHECK(contains(error, where));
        CHECK_FALSE(contains(error, "\n"));
    };
    const auto with = [](const std::string& line, const std::string& other) {
        std::string text = config(kFull);
        text.replace(text.find(line), line.size(), other);
        return text;
    };
    refused(with("rounds = 4", "rounds = four"),
            "config.ini: [TRAIN_PARAMS] rounds: not a whole number in range, got 'four'");
    refused(with("rounds = 4", "rounds = 0"), "[TRAIN_PARAMS] rounds: ");
    refused(with("batch_size = 16", "batch_size = 16.5"), "[TRAIN_PARAMS] batch_size: ");
    refused(with("lr = 0.01", "lr = 0,01"), "[OPTIMIZER_PARAMS] lr: ");
    refused(with("lr = 0.01", "momentum = much"), "[OPTIMIZER_PARAMS] momentum: ");
    refused(with("lr = 0.01", "weight_decay = -1"), "[OPTIMIZER_PARAMS] weight_decay: ");
    refused(with("lr = 0.01", "eps = e"), "[OPTIMIZER_PARAMS] eps: ");
    refused(with("lr = 0.01", "betas = (a, b)"), "[OPTIMIZER_PARAMS] betas: ");
    refused(with("random_seed = 97", "random_seed = x"), "[DATASET] random_seed: ");
    refused(with("shards = 2", "shards = two"), "[DATASET] shards: ");
    refused(config(kFull) + "[NODE]\ngraph_degree = 7s\n", "[NODE] graph_degree: ");
    refused(config(kFull) + "[NODE]\ntimeout = 5s\n", "[NODE] timeout: ");
    refused(config("sharing_class = SubSampling\nalpha = a"), "[SHARING] alpha: ");
    refused(config("sharing_class = Choco\nstep_size = a"), "[SHARING] step_size: ");
    refused(config("sharing_class = JWINS\nalpha_list = [0.1, x]"), "[SHARING] alpha_list: ");
    refused(config("sharing_class = Wavelet\nlevel = deep"), "[SHARING] level: ");
    CommandLine line;
    line.iterations = "many";
    CHECK(contains(error_of(config(kFull), line), "--iterations: "));
    line = {};
    line.test_after = "0";
    CHECK(contains(error_of(config(kFull), line), "--test-after: "));
    line = {};
    line.procs_per_machine = "8,4";
    line.machines = "3";
    CHECK(contains(error_of(config(kFull), line), "allowed one, or one for each of 3"));
}

TEST_CASE("DecentralizePy: its command line, in the short names that its scripts write") {
    // That of tutorial/run_federated.sh.
    const std::vector<std::string> written{
        "-ro", "0",    "-tea", "20", "-ld", "logs",  "-mid", "0",   "-ps",   "16",
        "-ms", "1",    "-is",  "80", "-gf", "g.txt", "-ta",  "20",  "-cf",   "c.ini",
        "-ll", "INFO", "-sm",  "0",  "-sr", "-1",    "-wr",  "0.5", "--run", "--node=KNN"};
    const std::vector<std::string> expected{"--reset-optimizer=0",
                                            "--train-evaluate-after=20",
                                            "--log-dir=logs",
                                            "--machine-id=0",
                                            "--procs-per-machine=16",
                                            "--machines=1",
                                            "--iterations=80",
                                            "--graph=g.txt",
                                            "--test-after=20",
                                            "--config-file=c.ini",
                                            "--log-level=INFO",
                                            "--server-machine=0",
                                            "--server-rank=-1",
                                            "--working-rate=0.5",
                                            "--run",
                                            "--node=KNN"};
    CHECK(with_long_names(written) == expected);
    const std::vector<std::string> several{"-ps", "8", "8", "4", "--machines", "3", "c.ini"};
    const std::vector<std::string> joined{"--procs-per-machine=8,8,4", "--machines=3", "c.ini"};
    CHECK(with_long_names(several) == joined);
    const std::vector<std::string> underscores{
        "--graph_file=g", "--weights_store_dir", "w", "-is=3"};
    const std::vector<std::string> dashes{"--graph=g", "--weights-store-dir=w", "--iterations=3"};
    CHECK(with_long_names(underscores) == dashes);
    const std::vector<std::string> cut{"c.ini", "-is"};
    CHECK_THROWS_WITH_AS((void)with_long_names(cut), "-is: without a value", std::invalid_argument);

    CommandLine line;
    line.machine_id = "0";
    line.log_level = "INFO";
    line.server_machine = "0";
    line.server_rank = "-1";
    line.train_evaluate_after = "20";
    line.procs_per_machine = "8,8,4";
    line.machines = "3";
    const Translation translation = translated(config(kFull), line);
    for (const char* what : {"--machine-id = 0",
                             "--log-level = INFO",
                             "--server-machine = 0",
                             "--server-rank = -1",
                             "--train-evaluate-after = 20"}) {
        CAPTURE(what);
        CHECK(names(translation, what));
    }
    CHECK(has(translation, "--nodes=20"));
}

TEST_CASE("DecentralizePy: LEAF's folders, and what its configurations make of them") {
    const auto folders = [](const std::string& train, const std::string& test) {
        std::string text = config(kFull);
        const auto put = [&](const std::string& line, const std::string& other) {
            text.replace(text.find(line), line.size(), other);
        };
        put("dataset_class = CIFAR10", "dataset_class = Femnist");
        put("model_class = LeNet", "model_class = CNN");
        put("train_dir = /data/CIFAR", "train_dir = " + train);
        put("test_dir = /data/CIFAR", "test_dir = " + test);
        return translated(text);
    };
    CHECK(has(folders("/leaf/data/train", "/leaf/data/test"), "--dataset=femnist:/leaf/data"));
    CHECK(has(folders("/leaf/data/train/", "/leaf/data/test//"), "--dataset=femnist:/leaf/data"));
    const Translation copy = folders("/leaf/per_user_data/train/", "/leaf/data/test");
    CHECK(has(copy, "--dataset=femnist:/leaf/data"));
    CHECK(names(copy, "[DATASET] train_dir = /leaf/per_user_data/train"));
    const Translation apart = folders("/a/train", "/b/test");
    CHECK(has(apart, "--dataset=femnist:/a"));
    CHECK(names(apart, "[DATASET] test_dir = /b/test"));
}

TEST_CASE("DecentralizePy: what is not translated is named, or refused in one line") {
    const Translation translation =
        translated(config(kFull + "save_shared = True\nbogus = 7\n"), {});
    CHECK(names(translation, "[SHARING] save_shared = True"));
    CHECK(names(translation, "[SHARING] bogus = 7"));
    CHECK(names(translation, "--graph"));
    CHECK(contains(error_of(config("sharing_class = Chocco")), "did you mean Choco?"));
    CHECK(
        contains(error_of(config("sharing_class = PartialModel\nalpha = 2")), "[SHARING] alpha: "));
    CHECK(contains(error_of(config(kFull + "compress = maybe\n")), "allowed True, False"));
    CHECK(contains(error_of("[DATASET]\nlr = 1\n"), "no section [OPTIMIZER_PARAMS]"));
    CHECK(contains(error_of("[DATASET\n"), "config.ini(1): "));
    CommandLine line;
    line.graph = "/nowhere/graph.edges";
    CHECK(contains(error_of(config(kFull), line), "cannot be read"));
    line.graph = "/dev/zero";
    CHECK(contains(error_of(config(kFull), line), "allowed the number of nodes"));
    line = {};
    line.node = "DPSGD";
    CHECK(contains(error_of(config(kFull), line), "--node: unknown, got 'DPSGD'"));
    CHECK_THROWS_WITH_AS((void)IniFile::read("/dev/zero"),
                         "/dev/zero: more than 1048576 bytes, allowed a configuration file",
                         std::invalid_argument);
}

namespace {

/// Runs the experiment of a file whose data are in `data`, as the options say that it becomes.
std::string status_of(const std::filesystem::path& file,
                      const std::filesystem::path& data,
                      const CommandLine& line) {
    std::string text = test::read_text(file);
    for (std::size_t at = 0; (at = text.find("@DATA@")) != std::string::npos;) {
        text.replace(at, 6, data.string());
    }
    const std::vector<std::string> options = translated(text, line).options;
    std::vector<const char*> arguments{"dpsgd"};
    for (const std::string& option : options) {
        arguments.push_back(option.c_str());
    }
    ExperimentOptions defaults;
    defaults.clock = "modelled:2ms";
    ExperimentOptions read =
        parse_command_line(
            static_cast<int>(arguments.size()), arguments.data(), "dpsgd", "", defaults)
            .options;
    const test::TemporaryFolder out;
    read.out = (out.path() / "run").string();
    read.quiet = true;
    read.eval_nodes = "1";
    read.eval_samples = 50;
    return Experiment(read).run().summary.status;
}

}  // namespace

TEST_CASE("real data: DecentralizePy's files become options that are ones of ours") {
    const std::filesystem::path folder = test::shared_file("cases/ini");
    const std::filesystem::path data = test::shared_file("data/cifar-10-subset");
    if (!std::filesystem::exists(folder) || !std::filesystem::exists(data)) {
        test::skip(folder.string() + " or " + data.string() + " is absent; set MURMUR_SHARED");
        return;
    }
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        CAPTURE(entry.path().string());
        CommandLine line;
        line.procs_per_machine = "8";
        line.iterations = "2";
        CHECK(status_of(entry.path(), data, line) == "complete");
        ++files;
    }
    CHECK(files >= 8);
}

TEST_CASE("real data: DecentralizePy's graphs are read as they are, adjacency lists too") {
    const std::filesystem::path cases = test::shared_file("cases");
    const std::filesystem::path data = test::shared_file("data/cifar-10-subset");
    if (!std::filesystem::exists(cases / "graphs") || !std::filesystem::exists(data)) {
        test::skip(cases.string() + " or " + data.string() + " is absent; set MURMUR_SHARED");
        return;
    }
    const auto run = [&](const char* file, const char* graph, const char* type) {
        CommandLine line;
        line.graph = (cases / "graphs" / graph).string();
        line.graph_type = type;
        line.iterations = "2";
        return status_of(cases / "ini" / file, data, line);
    };
    CHECK(run("full.ini", "graph.adj", "adjacency") == "complete");
    CHECK(run("choco10.ini", "regular_16.txt", "edges") == "complete");
    CHECK(run("topk10acc.ini", "6_star.edges", "edges") == "complete");
}

}  // namespace murmur::decentralizepy
