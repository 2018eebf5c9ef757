#include "tools/decentralizepy/translation.h"

#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

namespace murmur::decentralizepy {
namespace {

constexpr std::int64_t kMost = 1'000'000'000;

/// Returns the words of a table, for messages.
template <class Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& table) {
    std::vector<std::string> names;
    for (const auto& [name, value] : table) {
        names.push_back(name);
    }
    return names;
}

/// What a dataset class is here, and which of its models are.
struct Counterpart {
    std::string dataset;
    std::map<std::string, std::string> models;
};

const std::map<std::string, Counterpart>& datasets() {
    static const std::map<std::string, Counterpart> table{
        {"CIFAR10",
         {"cifar10", {{"LeNet", "gn-lenet"}, {"CNN", "cifar-cnn"}, {"ResNet8", "resnet-8"}}}},
        {"Femnist",
         {"femnist",
          {{"CNN", "femnist-cnn"}, {"LogisticRegression", "softmax"}, {"RNET", "resnet-18"}}}},
        {"Shakespeare", {"shakespeare", {{"LSTM", "stacked-lstm"}}}},
        {"Celeba", {"celeba", {{"CNN", "celeba-cnn"}}}},
        {"Reddit", {"reddit", {{"RNN", "reddit-rnn"}}}},
        {"MovieLens", {"movielens", {{"MatrixFactorization", "matrix-factorization"}}}},
    };
    return table;
}

/// Returns how many nodes a graph file has: what its first line says.
std::string count_nodes(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        throw std::invalid_argument(fmt::format("--graph: {} cannot be read", path));
    }
    // Bounded: a line of a device file has no end.
    constexpr std::size_t kLongest = 64;
    std::string line(kLongest, '\0');
    file.getline(line.data(), static_cast<std::streamsize>(line.size()));
    line.resize(std::char_traits<char>::length(line.c_str()));
    const std::size_t end = line.find_last_not_of(" \t\r");
    line.resize(end == std::string::npos ? 0 : end + 1);
    if (const auto count = parse_number<std::int64_t>(line); !count || *count < 2) {
        throw std::invalid_argument(fmt::format(
            "--graph: {}(1): got '{}', allowed the number of nodes", path, shown(line)));
    }
    return line;
}

/// One translation under way.
class Translator {
  public:
    Translator(IniFile ini, const CommandLine& line) : ini_(std::move(ini)), line_(line) {}

    Translation run() {
        check_sections();
        protocol();
        overlay();
        dataset();
        training();
        optimizer();
        translate_sharing(ini_, translation_);
        evaluation();
        communication();
        for (const auto& [section, key] : ini_.left()) {
            remark(section, key, "is no key that this class of DecentralizePy reads");
        }
        return std::move(translation_);
    }

  private:
    void check_sections() {
        for (const char* section : {"DATASET", "OPTIMIZER_PARAMS", "TRAIN_PARAMS", "SHARING"}) {
            if (!ini_.has_section(section)) {
                throw std::invalid_argument(
                    fmt::format("{}: no section [{}]", ini_.path(), section));
            }
        }
    }

    std::string text(const char* section, const char* key, const char* otherwise) {
        return ini_.take(section, key).value_or(otherwise);
    }

    bool flag(const char* section, const char* key, bool otherwise) {
        const auto value = ini_.take(section, key);
        return value ? parse_bool(ini_.where(section, key), *value) : otherwise;
    }

    /// Returns a number of the file as it is written there.
    std::string integer(const char* section, const char* key, const char* otherwise) {
        const std::string value = text(section, key, otherwise);
        (void)parse_integer(ini_.where(section, key), value, {1, kMost});
        return value;
    }

    std::string number(const char* section, const char* key, const char* otherwise) {
        const std::string value = text(section, key, otherwise);
        (void)parse_number(ini_.where(section, key), value, {0, kMost});
        return value;
    }

    void remark(const std::string& section, const std::string& key, const char* why) {
        const auto value = ini_.take(section, key);
        translation_.remarks.push_back(remark_on(section, key, value.value_or(""), why));
    }

    void remark_if_there(const char* section, const char* key, const char* why) {
        if (const auto value = ini_.take_left(section, key)) {
            translation_.remarks.push_back(remark_on(section, key, *value, why));
        }
    }

    void remark_option(const char* name, const std::string& value, const char* why) {
        if (!value.empty()) {
            translation_.remarks.push_back({fmt::format("--{} = {}", name, shown(value)), why});
        }
    }

    void protocol();
    void overlay();
    void partition(const std::string& dataset);
    void dataset();
    void training();
    void optimizer();
    void evaluation();
    void communication();
    [[nodiscard]] std::string count_processes();
    [[nodiscard]] std::string leaf_folder();
    [[nodiscard]] std::string optimizer_spec(std::string spec);

    IniFile ini_;
    const CommandLine& line_;
    Translation translation_;
    bool has_server_ = false;
    bool has_momenta_ = false;
};

void Translator::protocol() {
    std::string degree = text("NODE", "graph_degree", "");
    degree = degree.empty() ? degree : integer("NODE", "graph_degree", "");
    std::string timeout = text("NODE", "timeout", "");
    timeout = timeout.empty() ? timeout : number("NODE", "timeout", "");
    const std::string& node = line_.node;
    const std::string receivers = degree.empty() ? "2" : degree;
    if (node == "DPSGDNode" || node == "DPSGDWithPeerSampler") {
        // A degree is read by the peer sampler that draws a new graph in each round.
        const bool samples = node != "DPSGDNode" || !degree.empty();
        translation_.add("protocol", samples ? "dpsgd-sampler" : "dpsgd");
        if (!degree.empty()) {
            translation_.add("topology", fmt::format("dynamic:regular:{}", degree));
        }
    } else if (node == "EL_Local") {
        translation_.add("protocol", fmt::format("el-local:window=1s,receivers={}", receivers));
        translation_.remarks.push_back(
            {"--node = EL_Local",
             "waits for an empty note of every node there; here for a window, set it to fit"});
    } else if (node == "EL_Local_Timeout") {
        translation_.add(
            "protocol",
            fmt::format(
                "el-local:window={}s,receivers={}", timeout.empty() ? "1" : timeout, receivers));
    } else if (node == "EL_Oracle_Client") {
        translation_.add("protocol", fmt::format("el-oracle:degree={}", receivers));
    } else if (node == "KNN") {
        translation_.add("protocol", "knn:k=4,most=dissimilar");
        translation_.remarks.push_back(
            {"--node = KNN", "sorts by cosine upward there, which keeps the most dissimilar"});
    } else if (node == "DPSGDNodeFederated") {
        has_server_ = true;
        if (!line_.working_rate.empty()) {
            (void)parse_fraction("--working-rate", line_.working_rate);
        }
        translation_.add("protocol",
                         fmt::format("fedavg:clients={},weights=uniform",
                                     line_.working_rate.empty() ? "1.0" : line_.working_rate));
    } else if (node == "STCClient") {
        has_server_ = true;
        translation_.add("protocol", "stc");
    } else {
        const std::vector<std::string> allowed{"DPSGDNode",
                                               "DPSGDWithPeerSampler",
                                               "EL_Local",
                                               "EL_Local_Timeout",
                                               "EL_Oracle_Client",
                                               "KNN",
                                               "DPSGDNodeFederated",
                                               "STCClient"};
        throw std::invalid_argument(unknown_word("--node", node, allowed));
    }
    if (!has_server_ && ini_.has_section("SHARING") &&
        ini_.take("SHARING", "sharing_class") == "STC") {
        has_server_ = true;
        translation_.options.clear();
        translation_.add("protocol", "stc");
        translation_.remarks.push_back(
            {"[SHARING] sharing_class = STC", "needs a server: --node=STCClient is meant"});
    }
}

std::string Translator::count_processes() {
    if (line_.procs_per_machine.empty()) {
        remark_option("machines", line_.machines, "says nothing without --procs-per-machine");
        return "";
    }
    const std::int64_t machines =
        line_.machines.empty() ? 1 : parse_integer("--machines", line_.machines, {1, kMost});
    const std::vector<std::string_view> counts = split(line_.procs_per_machine, ',');
    std::int64_t sum = 0;
    for (const std::string_view count : counts) {
        sum += parse_integer("--procs-per-machine", count, {1, kMost});
    }
    const auto given = static_cast<std::int64_t>(counts.size());
    if (given != 1 && given != machines) {
        throw std::invalid_argument(
            fmt::format("--procs-per-machine: got {} numbers, allowed one, or one for each of {}",
                        given,
                        machines));
    }
    return std::to_string(given == 1 ? sum * machines : sum);
}

void Translator::overlay() {
    std::string nodes = count_processes();
    if (!line_.graph.empty()) {
        if (line_.graph_type != "edges" && line_.graph_type != "adjacency") {
            throw std::invalid_argument(
                fmt::format("--graph-type: got '{}', allowed edges, adjacency", line_.graph_type));
        }
        const std::string counted = count_nodes(line_.graph);
        if (!nodes.empty() && nodes != counted) {
            throw std::invalid_argument(fmt::format(
                "--graph: {} has {} nodes, but processes are {}", line_.graph, counted, nodes));
        }
        nodes = counted;
        const auto& options = translation_.options;
        const bool has_own =
            has_server_ || std::ranges::any_of(options, [](const auto& option) {
                return option.starts_with("--topology=") || option.starts_with("--protocol=el-");
            });
        if (has_own) {
            remark_option("graph",
                          line_.graph,
                          "gives the number of nodes alone: the nodes' class "
                          "brings an overlay of its own");
        } else {
            translation_.add("topology", fmt::format("{}:{}", line_.graph_type, line_.graph));
        }
    }
    if (nodes.empty()) {
        translation_.remarks.push_back(
            {"--graph", "not given: nodes and overlay are the scenario's own, see its --help"});
        return;
    }
    // There the server is a process beside those of the graph, here it is node 0.
    const std::int64_t count = parse_integer("--graph", nodes, {2, kMost}) + (has_server_ ? 1 : 0);
    translation_.add("nodes", std::to_string(count));
}

void Translator::partition(const std::string& dataset) {
    if (dataset != "CIFAR10") {
        if (dataset != "MovieLens") {
            translation_.add("partition", "users");
        }
        return;
    }
    const std::string kind = text("DATASET", "partition_niid", "simple");
    std::optional<std::string> shards = ini_.take("DATASET", "shards");
    if (const auto shard = ini_.take("DATASET", "shard")) {
        shards = shards ? shards : shard;
        translation_.remarks.push_back(remark_on(
            "DATASET", "shard", *shard, "is called shards by the class, and is taken as that"));
    }
    const std::string alpha = number("DATASET", "alpha", "100");
    if (kind == "iid" || kind == "False") {
        translation_.add("partition", "iid");
    } else if (kind == "simple") {
        translation_.add("partition", "iid");
        translation_.remarks.push_back(remark_on(
            "DATASET",
            "partition_niid",
            kind,
            "pieces in the file's order there, in a drawn one here; CIFAR-10's is drawn"));
    } else if (kind == "dirichlet") {
        translation_.add("partition", fmt::format("dirichlet:{}", alpha));
    } else if (kind == "kshard" || kind == "True") {
        const std::string count = shards.value_or("1");
        (void)parse_integer(ini_.where("DATASET", "shards"), count, {1, kMost});
        translation_.add("partition", fmt::format("shards:{}", count));
    } else {
        const std::vector<std::string> allowed{"iid", "simple", "dirichlet", "kshard", "True"};
        throw std::invalid_argument(
            unknown_word(ini_.where("DATASET", "partition_niid"), kind, allowed));
    }
}

/// Returns a folder without `/` at its end.
std::string without_end(std::string folder) {
    while (folder.size() > 1 && folder.ends_with('/')) {
        folder.pop_back();
    }
    return folder;
}

/// The folder that holds both train/ and test/, as LEAF's files lie here.
std::string Translator::leaf_folder() {
    constexpr const char* kSection = "DATASET";
    remark_if_there(kSection, "images_dir", "images/ lies beside train/ and test/ here");
    const std::filesystem::path train = without_end(text(kSection, "train_dir", ""));
    const std::filesystem::path test = without_end(text(kSection, "test_dir", ""));
    const std::filesystem::path beside = train.parent_path();
    if (train.empty()) {
        return "";
    }
    if (train.filename() == "train" && (test.empty() || test == beside / "test")) {
        return beside.string();
    }
    // DecentralizePy's own configurations train on per_user_data/train, a copy of data/train that
    // its split_into_files.py makes with a file for each user, and test on data/test.
    const bool is_copy = train.filename() == "train" && test.filename() == "test" &&
                         beside.filename() == "per_user_data" &&
                         test.parent_path().parent_path() == beside.parent_path();
    if (is_copy) {
        const std::string original = (test.parent_path() / "train").string();
        translation_.remarks.push_back(
            remark_on(kSection,
                      "train_dir",
                      train.string(),
                      fmt::format("is taken for a copy of {} with a file per user; that is read "
                                  "instead",
                                  original)));
        return test.parent_path().string();
    }
    translation_.remarks.push_back(remark_on(
        kSection,
        "test_dir",
        test.string(),
        fmt::format("train/ and test/ lie in one folder here: make links of these names in {}",
                    beside.string())));
    return beside.string();
}

void Translator::dataset() {
    constexpr const char* kSection = "DATASET";
    const std::string name = text(kSection, "dataset_class", "");
    (void)ini_.take(kSection, "dataset_package");
    const auto found = datasets().find(name);
    if (found == datasets().end()) {
        throw std::invalid_argument(
            unknown_word(ini_.where(kSection, "dataset_class"), name, names_of(datasets())));
    }
    const Counterpart& counterpart = found->second;
    const std::string model = text(kSection, "model_class", "");
    const auto known = counterpart.models.find(model);
    if (known == counterpart.models.end()) {
        throw std::invalid_argument(
            unknown_word(ini_.where(kSection, "model_class"), model, names_of(counterpart.models)));
    }
    std::string folder;
    if (name == "CIFAR10" || name == "MovieLens") {
        folder = without_end(text(kSection, "train_dir", ""));
        const std::string test = text(kSection, "test_dir", folder.c_str());
        if (!folder.empty() && without_end(test) != folder) {
            translation_.remarks.push_back(
                remark_on(kSection,
                          "test_dir",
                          test,
                          "files for testing lie beside those for training here"));
        }
    } else {
        folder = leaf_folder();
    }
    if (folder.empty()) {
        throw std::invalid_argument(
            fmt::format("{}: not given, allowed a folder", ini_.where(kSection, "train_dir")));
    }
    translation_.add("dataset", fmt::format("{}:{}", counterpart.dataset, folder));
    translation_.add("model", known->second);
    partition(name);
    if (const auto seed = ini_.take(kSection, "random_seed")) {
        constexpr auto kMostSeed = std::numeric_limits<std::int64_t>::max();
        (void)parse_integer(ini_.where(kSection, "random_seed"), *seed, {0, kMostSeed});
        translation_.add("seed", *seed);
    }
    remark_if_there(
        kSection, "sizes", "nodes get equal parts; see --partition=quantity-skew, file");
    remark_if_there(
        kSection, "validation_source", "there is no validation set: nothing is taken away for it");
    remark_if_there(
        kSection, "validation_size", "there is no validation set: nothing is taken away for it");
    remark_if_there(kSection, "test_batch_size", "changes no result");
    remark_if_there(kSection, "only_local", "data is read once for all nodes");
    // Keys of CIFAR10 that its partition does not read.
    (void)ini_.take(kSection, "alpha");
    (void)ini_.take(kSection, "shards");
}

void Translator::training() {
    constexpr const char* kSection = "TRAIN_PARAMS";
    const bool epochs = flag(kSection, "full_epochs", false);
    const std::string& iterations = line_.iterations;
    if (!iterations.empty()) {
        (void)parse_integer("--iterations", iterations, {1, kMost});
    }
    translation_.add("rounds", iterations.empty() ? "1" : iterations);
    translation_.add(epochs ? "local-epochs" : "local-steps", integer(kSection, "rounds", "1"));
    translation_.add("batch-size", integer(kSection, "batch_size", "1"));
    if (!flag(kSection, "shuffle", false)) {
        translation_.remarks.push_back(
            {"[TRAIN_PARAMS] shuffle = False", "samples are always taken in a drawn order"});
    }
    const std::string loss = text(kSection, "loss_class", "CrossEntropyLoss");
    const bool fits = loss == "MSELoss" || loss == "CrossEntropyLoss" || loss == "NLLLoss";
    if (!fits) {
        throw std::invalid_argument(
            fmt::format("{}: got '{}', allowed CrossEntropyLoss, MSELoss, as the dataset has it",
                        ini_.where(kSection, "loss_class"),
                        shown(loss)));
    }
    remark_if_there(kSection, "loss", "follows from the dataset");
    for (const char* key : {"training_package", "training_class", "loss_package"}) {
        (void)ini_.take(kSection, key);
    }
}

/// The optimizer with its own options, those that have no option of ours beside.
std::string Translator::optimizer_spec(std::string spec) {
    constexpr const char* kSection = "OPTIMIZER_PARAMS";
    const auto add = [&spec](std::string_view name, std::string_view value) {
        spec +=
            fmt::format("{}{}={}", spec.find(':') == std::string::npos ? ':' : ',', name, value);
    };
    if (const auto betas = ini_.take(kSection, "betas")) {
        std::string pair = *betas;
        std::erase_if(pair, [](char c) { return c == '(' || c == ')' || c == ' '; });
        const auto parts = split(pair, ',');
        if (parts.size() != 2 || !parse_number<double>(parts[0]) ||
            !parse_number<double>(parts[1])) {
            throw std::invalid_argument(fmt::format("{}: got '{}', allowed (BETA1, BETA2)",
                                                    ini_.where(kSection, "betas"),
                                                    shown(*betas)));
        }
        add("beta1", parts[0]);
        add("beta2", parts[1]);
    }
    if (spec == "rmsprop" && ini_.take(kSection, "alpha")) {
        add("alpha", number(kSection, "alpha", ""));
    }
    if (ini_.take(kSection, "eps")) {
        add("eps", number(kSection, "eps", ""));
    }
    if (spec.starts_with("rmsprop") && flag(kSection, "centered", false)) {
        add("centered", "true");
    }
    return spec;
}

void Translator::optimizer() {
    constexpr const char* kSection = "OPTIMIZER_PARAMS";
    static const std::map<std::string, std::string> names{
        {"SGD", "sgd"}, {"Adam", "adam"}, {"AdamW", "adamw"}, {"RMSprop", "rmsprop"}};
    (void)ini_.take(kSection, "optimizer_package");
    const std::string name = text(kSection, "optimizer_class", "SGD");
    const auto found = names.find(name);
    if (found == names.end()) {
        throw std::invalid_argument(
            unknown_word(ini_.where(kSection, "optimizer_class"), name, names_of(names)));
    }
    const std::string spec = optimizer_spec(found->second);
    translation_.add("optimizer", spec);
    // torch.optim.RMSprop begins with another rate than the others.
    translation_.add("lr", number(kSection, "lr", name == "RMSprop" ? "0.01" : "0.001"));
    has_momenta_ = spec != "sgd";
    if (ini_.take(kSection, "momentum")) {
        translation_.add("momentum", number(kSection, "momentum", ""));
        has_momenta_ = true;
    }
    if (ini_.take(kSection, "weight_decay")) {
        translation_.add("weight-decay", number(kSection, "weight_decay", ""));
    }
    if (flag(kSection, "nesterov", false)) {
        translation_.add("nesterov", "true");
    }
    for (const char* key : {"dampening", "amsgrad", "maximize"}) {
        const auto value = ini_.take(kSection, key);
        if (value && *value != "0" && *value != "0.0" && *value != "False") {
            throw std::invalid_argument(
                fmt::format("{}: got {}, allowed none", ini_.where(kSection, key), shown(*value)));
        }
    }
}

void Translator::evaluation() {
    if (!line_.test_after.empty()) {
        (void)parse_integer("--test-after", line_.test_after, {1, kMost});
    }
    translation_.add("eval-every", line_.test_after.empty() ? "5" : line_.test_after);
    const std::string& reset = line_.reset_optimizer;
    if (has_momenta_ && (reset.empty() || parse_bool("--reset-optimizer", reset))) {
        translation_.add("reset-optimizer", "true");
    }
    remark_option("train-evaluate-after",
                  line_.train_evaluate_after,
                  "the training loss of every round is recorded, before each step");
    if (!line_.log_dir.empty()) {
        translation_.add("out", line_.log_dir);
    }
    if (!line_.weights_store_dir.empty()) {
        translation_.add("save-models", "final");
        remark_option(
            "weights-store-dir", line_.weights_store_dir, "models lie in the run's own folder");
    }
    if (!line_.working_rate.empty() && !has_server_) {
        remark_option("working-rate", line_.working_rate, "is read by a server alone");
    }
    remark_option(
        "machine-id", line_.machine_id, "one program simulates the nodes of all machines");
    remark_option(
        "log-level", line_.log_level, "there is no log of the nodes; see --quiet, --timeline");
    const char* const server =
        has_server_ ? "the server is node 0 here" : "is read by a server alone";
    remark_option("server-machine", line_.server_machine, server);
    remark_option("server-rank", line_.server_rank, server);
}

void Translator::communication() {
    constexpr const char* kSection = "COMMUNICATION";
    (void)ini_.take(kSection, "comm_package");
    (void)ini_.take(kSection, "comm_class");
    for (const char* key : {"addresses_filepath", "offset", "addresses", "recv_timeout"}) {
        remark_if_there(kSection, key, "nodes are simulated; --network, --rate, --latency say how");
    }
    for (const char* key : {"graph_degree", "timeout"}) {
        remark_if_there("NODE", key, "is not read by this class of nodes");
    }
}

}  // namespace

void Translation::add(std::string_view name, std::string_view value) {
    options.push_back(fmt::format("--{}={}", name, value));
}

Remark remark_on(std::string_view section,
                 std::string_view key,
                 std::string_view value,
                 std::string_view text) {
    return {fmt::format("[{}] {} = {}", section, key, shown(value)), std::string(text)};
}

bool parse_bool(const std::string& where, std::string_view text) {
    std::string word(text);
    std::ranges::transform(
        word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (word == "true" || word == "1") {
        return true;
    }
    if (word == "false" || word == "0") {
        return false;
    }
    throw std::invalid_argument(
        fmt::format("{}: got '{}', allowed True, False", where, shown(text)));
}

Translation translate(IniFile ini, const CommandLine& line) {
    return Translator(std::move(ini), line).run();
}

}  // namespace murmur::decentralizepy
