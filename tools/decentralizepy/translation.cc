#include "tools/decentralizepy/translation.h"

#include "tools/decentralizepy/section.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur::decentralizepy {
namespace {

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
    const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
    const std::size_t end = line.find_last_not_of(" \t\r") + 1;
    line = line.substr(begin, end - std::min(begin, end));
    if (const auto count = parse_number<std::int64_t>(line); !count || *count < 2) {
        throw std::invalid_argument(fmt::format(
            "--graph: {}(1): got '{}', allowed the number of nodes", path, shown(line)));
    }
    return line;
}

/// Returns whether DecentralizePy has nothing for an empty value of a key, too.
bool may_be_empty(std::string_view key) {
    constexpr std::array<std::string_view, 15> kKeys{"sizes",
                                                     "train_dir",
                                                     "test_dir",
                                                     "images_dir",
                                                     "test_batch_size",
                                                     "validation_source",
                                                     "validation_size",
                                                     "partition_niid",
                                                     "rounds",
                                                     "full_epochs",
                                                     "batch_size",
                                                     "shuffle",
                                                     "save_accumulated",
                                                     "compress",
                                                     "accumulation"};
    return std::ranges::find(kKeys, key) != kKeys.end();
}

/// One translation under way.
class Translator {
  public:
    Translator(IniFile ini, const CommandLine& line) : ini_(std::move(ini)), line_(line) {}

    Translation run() {
        check_sections();
        protocol();
        overlay();
        dataset_ = translate_dataset(ini_, translation_);
        translate_training(ini_, translation_, line_, dataset_);
        has_momenta_ = translate_optimizer(ini_, translation_, dataset_);
        translate_sharing(ini_, translation_);
        evaluation();
        communication();
        keys_left();
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

    void remark_option(const char* name, const std::string& value, const char* why) {
        if (!value.empty()) {
            translation_.remarks.push_back({fmt::format("--{} = {}", name, shown(value)), why});
        }
    }

    void protocol();
    void overlay();
    void evaluation();
    void communication();
    void keys_left();
    [[nodiscard]] std::string degree_of(const std::string& node);
    [[nodiscard]] std::string count_processes();

    IniFile ini_;
    const CommandLine& line_;
    Translation translation_;
    std::string dataset_;
    bool has_server_ = false;
    bool has_momenta_ = false;
};

/// Returns the degree that [NODE] gives to a class of nodes that reads one; else nothing.
std::string Translator::degree_of(const std::string& node) {
    Section section(ini_, translation_, "NODE");
    const bool reads = node == "DPSGDWithPeerSampler" || node.starts_with("EL_");
    return (reads || line_.node.empty()) && section.take("graph_degree")
               ? section.integer("graph_degree", "")
               : "";
}

void Translator::protocol() {
    const std::string node = line_.node.empty() ? "DPSGDNode" : line_.node;
    const std::string degree = degree_of(node);
    const std::string receivers = degree.empty() ? "2" : degree;
    if (node == "DPSGDNode" || node == "DPSGDWithPeerSampler") {
        // A degree is read by the peer sampler that draws a new graph in each round.
        const bool samples = node != "DPSGDNode" || !degree.empty();
        translation_.add("protocol", samples ? "dpsgd-sampler" : "dpsgd");
        if (!degree.empty()) {
            translation_.add("topology", fmt::format("dynamic:regular:{}", degree));
        }
        if (!degree.empty() && node == "DPSGDNode") {
            translation_.remarks.push_back(remark_on(
                "NODE",
                "graph_degree",
                degree,
                "is taken to mean --node=DPSGDWithPeerSampler; say --node=DPSGDNode for "
                "what does not read it, or EL_Local, EL_Local_Timeout, EL_Oracle_Client"));
        }
    } else if (node == "EL_Local") {
        translation_.add("protocol", fmt::format("el-local:window=1s,receivers={}", receivers));
        translation_.remarks.push_back(
            {"--node = EL_Local",
             "waits for an empty note of every node there; here for a window, set it to fit"});
    } else if (node == "EL_Local_Timeout") {
        const std::string timeout = Section(ini_, translation_, "NODE").number("timeout", "1");
        translation_.add("protocol",
                         fmt::format("el-local:window={}s,receivers={}", timeout, receivers));
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
        line_.machines.empty() ? 1
                               : parse_integer("--machines", line_.machines, {1, kMostOfAnything});
    const std::vector<std::string_view> counts = split(line_.procs_per_machine, ',');
    std::int64_t sum = 0;
    for (const std::string_view count : counts) {
        sum += parse_integer("--procs-per-machine", count, {1, kMostOfAnything});
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
    const bool has_own =
        has_server_ || std::ranges::any_of(translation_.options, [](const auto& option) {
            return option.starts_with("--topology=") || option.starts_with("--protocol=el-");
        });
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
    if (line_.graph.empty() && !has_own) {
        translation_.remarks.push_back(
            {"--graph", "not given: the overlay is the scenario's own, see its --help"});
    }
    // There the server is a process beside those of the graph, here it is node 0.
    const std::int64_t count =
        parse_integer("--graph", nodes, {2, kMostOfAnything}) + (has_server_ ? 1 : 0);
    translation_.add("nodes", std::to_string(count));
}

void Translator::evaluation() {
    if (!line_.test_after.empty()) {
        (void)parse_integer("--test-after", line_.test_after, {1, kMostOfAnything});
    }
    translation_.add("eval-every", line_.test_after.empty() ? "5" : line_.test_after);
    if (dataset_ == "MovieLens" && !has_server_) {
        translation_.add("evaluate", "own");  // of this class alone nodes test on their users
    }
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
    Section section(ini_, translation_, "COMMUNICATION");
    const std::string package = section.text("comm_package", "decentralizepy.communication.TCP");
    const std::string name = section.text("comm_class", "TCP");
    const bool acknowledges = package.ends_with(".TCP_ACK") || name == "TCP_ACK";
    if (package != "decentralizepy.communication.TCP" || name != "TCP") {
        translation_.remarks.push_back(
            remark_on("COMMUNICATION",
                      name != "TCP" ? "comm_class" : "comm_package",
                      name != "TCP" ? name : package,
                      acknowledges ? "acknowledges and sends again by itself there; messages get "
                                     "through here as --network has it"
                                   : "is not DecentralizePy's TCP; messages get through here as "
                                     "--network has it"));
    }
    for (const char* key : {"addresses_filepath", "offset", "addresses", "recv_timeout"}) {
        section.remark(key, "nodes are simulated; --network, --rate, --latency say how");
    }
    Section node(ini_, translation_, "NODE");
    for (const char* key : {"graph_degree", "timeout"}) {
        node.remark(key, "is not read by this class of nodes");
    }
}

void Translator::keys_left() {
    for (const auto& [section, key] : ini_.left()) {
        const std::string value = ini_.take(section, key).value_or("");
        translation_.remarks.push_back(
            remark_on(section, key, value, "is no key that this class of DecentralizePy reads"));
    }
    for (const IniFile::Entry& entry : ini_.entries()) {
        if (entry.is_default) {
            continue;
        }
        if (!entry.comment.empty()) {
            translation_.remarks.push_back(
                remark_on(entry.section,
                          entry.key,
                          fmt::format("{} {}", entry.value, entry.comment),
                          "is taken without the comment, which Python's reader has in the value"));
        } else if (entry.value.empty() && !may_be_empty(entry.key)) {
            translation_.remarks.push_back(
                remark_on(entry.section, entry.key, "", "is empty, and is taken for not given"));
        }
    }
}

}  // namespace

void Translation::add(std::string_view name, std::string_view value) {
    // Such as of a key that is indented by mistake, and so part of the value before it.
    if (value.find('\n') != std::string_view::npos) {
        throw std::invalid_argument(
            fmt::format("--{}: got '{}' on several lines, allowed one", name, shown(value)));
    }
    options.push_back(fmt::format("--{}={}", name, value));
}

Translation translate(IniFile ini, const CommandLine& line) {
    return Translator(std::move(ini), line).run();
}

}  // namespace murmur::decentralizepy
