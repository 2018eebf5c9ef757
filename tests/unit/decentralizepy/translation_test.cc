// Experiments of DecentralizePy: what each key becomes, what is named, and what is refused.

#include "tools/decentralizepy/translation.h"

#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/decentralizepy/configs.h"
#include "tools/decentralizepy/command_line.h"
#include "tools/decentralizepy/ini_file.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur::decentralizepy {

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
    const std::string sgd = "optimizer_class = SGD";
    refused(with(sgd, "optimizer_class = Adam\neps = e"), "[OPTIMIZER_PARAMS] eps: ");
    refused(with(sgd, "optimizer_class = Adam\nbetas = (a, b)"), "[OPTIMIZER_PARAMS] betas: ");
    refused(with("random_seed = 97", "random_seed = x"), "[DATASET] random_seed: ");
    refused(with("shards = 2", "shards = two"), "[DATASET] shards: ");
    refused(config(kFull) + "[NODE]\ngraph_degree = 7s\n", "[NODE] graph_degree: ");
    CommandLine timeout;
    timeout.node = "EL_Local_Timeout";
    CHECK(
        contains(error_of(config(kFull) + "[NODE]\ntimeout = 5s\n", timeout), "[NODE] timeout: "));
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

TEST_CASE("DecentralizePy: keys of [NODE] are named where the class of nodes does not read them") {
    const std::string text = config(kFull) + "[NODE]\ngraph_degree = 5\ntimeout = 3\n";
    const auto of_node = [&](const std::string& node) {
        CommandLine line;
        line.node = node;
        return translated(text, line);
    };
    for (const char* node : {"DPSGDNode", "KNN", "DPSGDNodeFederated", "STCClient"}) {
        CAPTURE(node);
        CHECK(names(of_node(node), "[NODE] graph_degree = 5"));
        CHECK(names(of_node(node), "[NODE] timeout = 3"));
    }
    CHECK(has(of_node("DPSGDNode"), "--protocol=dpsgd"));
    for (const char* node : {"DPSGDWithPeerSampler", "EL_Local", "EL_Oracle_Client"}) {
        CAPTURE(node);
        CHECK_FALSE(names(of_node(node), "[NODE] graph_degree = 5"));
        CHECK(names(of_node(node), "[NODE] timeout = 3"));
    }
    const Translation timeout = of_node("EL_Local_Timeout");
    CHECK(has(timeout, "--protocol=el-local:window=3s,receivers=5"));
    CHECK_FALSE(names(timeout, "[NODE] timeout = 3"));
    // Without a class the degree says which is meant, which is told.
    CHECK(has(of_node(""), "--topology=dynamic:regular:5"));
    CHECK(names(of_node(""), "[NODE] graph_degree = 5"));
}

TEST_CASE("DecentralizePy: modules and classes that are not its own are refused or named") {
    const auto with = [](const std::string& line, const std::string& other) {
        std::string text = config(kFull);
        text.replace(text.find(line), line.size(), other);
        return text;
    };
    const std::string package = "dataset_package = decentralizepy.datasets.CIFAR10";
    CHECK(contains(error_of(with(package, "dataset_package = my.data")),
                   "[DATASET] dataset_package: got 'my.data', allowed decentralizepy.datasets and "
                   "what is in it"));
    CHECK(names(translated(with(package, "dataset_package = decentralizepy.datasets.Femnist")),
                "[DATASET] dataset_package = decentralizepy.datasets.Femnist"));
    CHECK(contains(error_of(with("torch.optim", "my.optim")),
                   "[OPTIMIZER_PARAMS] optimizer_package: "));
    CHECK(contains(error_of(with("torch.nn", "my.nn")), "[TRAIN_PARAMS] loss_package: "));
    CHECK(contains(error_of(with("decentralizepy.training.Training", "my.Training")),
                   "[TRAIN_PARAMS] training_package: "));
    CHECK(contains(error_of(with("training_class = Training", "training_class = LLMTraining")),
                   "got 'LLMTraining', allowed Training: this one trains the language models"));
    CHECK(contains(error_of(with("decentralizepy.sharing.Sharing", "my.Sharing")),
                   "[SHARING] sharing_package: "));
    CHECK(contains(error_of(config("sharing_class = Sharing\ncompress = True\n"
                                   "compression_package = my.codec\ncompression_class = Elias")),
                   "[SHARING] compression_package: "));
    CHECK(names(translated(with("decentralizepy.communication.TCP",
                                "decentralizepy.communication.TCP_ACK")),
                "[COMMUNICATION] comm_package = decentralizepy.communication.TCP_ACK"));
    CHECK(names(translated(with("comm_class = TCP", "comm_class = TCP_ACK")),
                "[COMMUNICATION] comm_class = TCP_ACK"));
    CHECK(contains(error_of(with("dataset_class = CIFAR10", "dataset_class = AmazonReview")),
                   "[DATASET] dataset_class: got AmazonReview, allowed CIFAR10, "));
    // Keys of one optimizer say nothing to another.
    CHECK(names(translated(config(kFull, "", "optimizer_class = Adam\nmomentum = 0.9\n")),
                "[OPTIMIZER_PARAMS] momentum = 0.9"));
    CHECK(names(translated(config(kFull, "shards = 4\npartition_niid = iid\n")),
                "[DATASET] shards = 4"));
}

TEST_CASE("DecentralizePy: a loss is what is learnt from the dataset, or is refused") {
    const auto with_loss = [](const std::string& lines) {
        const std::string loss = "loss_class = CrossEntropyLoss";
        std::string text = config(kFull);
        return text.replace(text.find(loss), loss.size(), lines);
    };
    for (const char* other : {"NLLLoss", "MSELoss"}) {
        CHECK(contains(error_of(with_loss(fmt::format("loss_class = {}", other))),
                       fmt::format("[TRAIN_PARAMS] loss_class: got '{}', allowed CrossEntropyLoss, "
                                   "which is what is learnt from CIFAR10 here",
                                   other)));
    }
    // A function is read where there is no class.
    CHECK(has(translated(with_loss("loss = cross_entropy")), "--lr=0.01"));
    CHECK(contains(error_of(with_loss("loss = nll_loss")), "allowed cross_entropy, "));
    CHECK(names(translated(with_loss("loss_class = CrossEntropyLoss\nloss = nll_loss")),
                "[TRAIN_PARAMS] loss = nll_loss"));
}

TEST_CASE("DecentralizePy: half of MSELoss is learnt from MovieLens with the same steps") {
    const auto with = [](const std::string& optimizer) {
        return translated(movie_lens("/data/ml", optimizer));
    };
    // lr (2 g + decay x) = 2 lr (g + decay / 2 x)
    const Translation sgd =
        with("optimizer_class = SGD\nlr = 0.1\nmomentum = 0.9\nweight_decay = 0.01\n");
    CHECK(has(sgd, "--lr=0.2"));
    CHECK(has(sgd, "--weight-decay=0.005"));
    CHECK(has(sgd, "--momentum=0.9"));
    CHECK(names(sgd, "[OPTIMIZER_PARAMS] optimizer_class = SGD"));
    // 2 m / (2 sqrt(v) + eps) = m / (sqrt(v) + eps / 2), whatever of it decays in the gradient
    const Translation adam =
        with("optimizer_class = Adam\nlr = 0.1\nweight_decay = 0.01\neps = 1e-6\n");
    CHECK(has(adam, "--optimizer=adam:eps=5e-07"));
    CHECK(has(adam, "--lr=0.1"));
    CHECK(has(adam, "--weight-decay=0.005"));
    const Translation adamw = with("optimizer_class = AdamW\nlr = 0.1\nweight_decay = 0.01\n");
    CHECK(has(adamw, "--optimizer=adamw:eps=5e-09"));
    CHECK(has(adamw, "--weight-decay=0.01"));
    CHECK(has(with("optimizer_class = RMSprop\nalpha = 0.9\n"),
              "--optimizer=rmsprop:alpha=0.9,eps=5e-09"));
    CHECK(has(sgd, "--partition=users"));
    CHECK(has(sgd, "--evaluate=own"));
    CHECK(names(sgd, "[DATASET] dataset_class = MovieLens"));
}

namespace {

/// What DecentralizePy's file becomes, with the remarks as the program prints them.
std::string as_text(const Translation& translation) {
    std::string text;
    for (const std::string& option : translation.options) {
        text += option + "\n";
    }
    for (const auto& [what, why] : translation.remarks) {
        text += fmt::format("{}: {}\n", what, why);
    }
    return text;
}

}  // namespace

TEST_CASE("DecentralizePy: a file for each of its datasets, and all that is said of it") {
    CommandLine line;
    line.procs_per_machine = "16";
    line.iterations = "80";
    const auto cases = test::repository() / "tests/unit/decentralizepy/cases";
    for (const char* name :
         {"cifar10", "femnist", "shakespeare", "celeba", "reddit", "movielens"}) {
        CAPTURE(name);
        const auto file = cases / (std::string(name) + ".ini");
        const auto expected = cases / (std::string(name) + ".txt");
        CHECK(as_text(translate(IniFile::read(file.string()), line)) == test::read_text(expected));
    }
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

}  // namespace murmur::decentralizepy
