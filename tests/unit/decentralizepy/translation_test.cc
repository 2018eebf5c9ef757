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

TEST_CASE("real data: DecentralizePy's files become options that are ones of ours") {
    const std::filesystem::path folder = test::shared_file("cases/ini");
    const std::filesystem::path data = test::shared_file("data/cifar-10-subset");
    if (!std::filesystem::exists(folder) || !std::filesystem::exists(data)) {
        test::skip(folder.string() + " or " + data.string() + " is absent; set MURMUR_SHARED");
        return;
    }
    ExperimentOptions defaults;
    defaults.clock = "modelled:2ms";
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        CAPTURE(entry.path().string());
        std::string text = test::read_text(entry.path());
        for (std::size_t at = 0; (at = text.find("@DATA@")) != std::string::npos;) {
            text.replace(at, 6, data.string());
        }
        CommandLine line;
        line.procs_per_machine = "8";
        line.iterations = "2";
        const std::vector<std::string> options = translated(text, line).options;
        std::vector<const char*> arguments{"dpsgd"};
        for (const std::string& option : options) {
            arguments.push_back(option.c_str());
        }
        ExperimentOptions read =
            parse_command_line(
                static_cast<int>(arguments.size()), arguments.data(), "dpsgd", "", defaults)
                .options;
        const test::TemporaryFolder out;
        read.out = (out.path() / "run").string();
        read.quiet = true;
        read.eval_nodes = "1";
        read.eval_samples = 50;
        CHECK(Experiment(read).run().summary.status == "complete");
        ++files;
    }
    CHECK(files >= 8);
}

}  // namespace murmur::decentralizepy
