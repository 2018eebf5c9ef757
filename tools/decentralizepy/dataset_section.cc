// What nodes learn from: DecentralizePy's dataset classes, their models and partitions.
#include "tools/decentralizepy/section.h"
#include "tools/decentralizepy/translation.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <map>
#include <stdexcept>
#include <vector>

namespace murmur::decentralizepy {
namespace {

constexpr const char* kSection = "DATASET";

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

/// Returns the words of a table, for messages.
template <class Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& table) {
    std::vector<std::string> names;
    for (const auto& [name, value] : table) {
        names.push_back(name);
    }
    return names;
}

/// Returns a folder without `/` at its end.
std::string without_end(std::string folder) {
    while (folder.size() > 1 && folder.ends_with('/')) {
        folder.pop_back();
    }
    return folder;
}

std::string folder_of(const std::filesystem::path& path) {
    return path.empty() ? "." : path.string();
}

class Dataset {
  public:
    Dataset(IniFile& ini, Translation& translation)
        : section_(ini, translation, kSection), translation_(translation) {}

    std::string translate();

  private:
    void remark(const char* key, const std::string& value, std::string_view why) {
        translation_.remarks.push_back(remark_on(kSection, key, value, why));
    }
    const Counterpart& counterpart_of(const std::string& name);
    std::string model_of(const Counterpart& counterpart);
    std::string folder(const std::string& name);
    std::string leaf_folder();
    void partition_cifar();
    void what_differs(const std::string& name);
    void rest();

    Section section_;
    Translation& translation_;
};

const Counterpart& Dataset::counterpart_of(const std::string& name) {
    const auto found = datasets().find(name);
    if (found != datasets().end()) {
        return found->second;
    }
    if (name == "AmazonReview") {
        throw std::invalid_argument(fmt::format(
            "{}: got AmazonReview, allowed {}: its models, and what makes tokens for them, are "
            "BERT's of Hugging Face's transformers, which have no counterpart here",
            section_.where("dataset_class"),
            listed(names_of(datasets()))));
    }
    throw std::invalid_argument(
        unknown_word(section_.where("dataset_class"), name, names_of(datasets())));
}

std::string Dataset::model_of(const Counterpart& counterpart) {
    const std::string model = section_.text("model_class", "");
    const auto known = counterpart.models.find(model);
    if (known == counterpart.models.end()) {
        throw std::invalid_argument(
            unknown_word(section_.where("model_class"), model, names_of(counterpart.models)));
    }
    return known->second;
}

/// The folder that holds both train/ and test/, as LEAF's files lie here.
std::string Dataset::leaf_folder() {
    section_.remark("images_dir", "images/ lies beside train/ and test/ here");
    const std::filesystem::path train = without_end(section_.text("train_dir", ""));
    const std::filesystem::path test = without_end(section_.text("test_dir", ""));
    const std::filesystem::path beside = train.parent_path();
    if (train.empty()) {
        return "";
    }
    if (train.filename() == "train" && (test.empty() || test == beside / "test")) {
        return folder_of(beside);
    }
    // DecentralizePy's own configurations train on per_user_data/train, a copy of data/train that
    // its split_into_files.py makes with a file for each user, and test on data/test.
    const bool is_copy = train.filename() == "train" && test.filename() == "test" &&
                         beside.filename() == "per_user_data" &&
                         test.parent_path().parent_path() == beside.parent_path();
    if (is_copy) {
        const std::string original = (test.parent_path() / "train").string();
        remark("train_dir",
               train.string(),
               fmt::format("is taken for a copy of {} with a file per user; that is read instead",
                           original));
        return folder_of(test.parent_path());
    }
    remark("test_dir",
           test.string(),
           fmt::format("train/ and test/ lie in one folder here: make links of these names in {}",
                       folder_of(beside)));
    return folder_of(beside);
}

std::string Dataset::folder(const std::string& name) {
    const bool has_test = section_.take("test_dir").has_value();
    std::string folder;
    if (name == "CIFAR10" || name == "MovieLens") {
        folder = without_end(section_.text("train_dir", ""));
        const std::string test = section_.text("test_dir", folder);
        if (!folder.empty() && without_end(test) != folder) {
            remark("test_dir",
                   test,
                   name == "CIFAR10" ? "files for testing lie beside those for training here"
                                     : "is not read: ratings for testing are some of the others");
        }
    } else {
        folder = leaf_folder();
    }
    if (folder.empty()) {
        throw std::invalid_argument(
            fmt::format("{}: not given, allowed a folder", section_.where("train_dir")));
    }
    if (!has_test) {
        remark("test_dir", "", "is not given, so that nodes are not tested there; here they are");
    }
    // Where ratings lie there; the folder above may hold other sizes of MovieLens beside it.
    const std::filesystem::path small = std::filesystem::path(folder) / "ml-latest-small";
    std::error_code none;
    return name == "MovieLens" && std::filesystem::is_directory(small, none) ? small.string()
                                                                             : folder;
}

/// Returns the word that a value of `partition_niid` stands for: whatever Python has for false is
/// iid there, and true is kshard.
std::string partition_word(const std::string& value) {
    static const std::map<std::string, std::string> booleans{{"", "iid"},
                                                             {"0", "iid"},
                                                             {"false", "iid"},
                                                             {"no", "iid"},
                                                             {"none", "iid"},
                                                             {"off", "iid"},
                                                             {"on", "kshard"},
                                                             {"true", "kshard"},
                                                             {"yes", "kshard"}};
    const auto found = booleans.find(lower_case(value));
    return found == booleans.end() ? value : found->second;
}

void Dataset::partition_cifar() {
    const bool is_given = section_.has("partition_niid");
    const std::string kind =
        partition_word(section_.text("partition_niid", is_given ? "" : "simple"));
    if (kind == "iid") {
        translation_.add("partition", "iid");
    } else if (kind == "simple") {
        translation_.add("partition", "iid");
        remark("partition_niid",
               kind,
               "pieces in the file's order there, in a drawn one here; CIFAR-10's is drawn");
    } else if (kind == "dirichlet") {
        translation_.add("partition", fmt::format("dirichlet:{}", section_.number("alpha", "100")));
    } else if (kind == "kshard") {
        const auto shard = section_.take("shard");
        if (shard) {
            remark("shard", *shard, "is called shards by the class, and is taken as that");
        }
        const char* const key = shard && !section_.has("shards") ? "shard" : "shards";
        translation_.add("partition", fmt::format("shards:{}", section_.integer(key, "1")));
    } else {
        const std::vector<std::string> allowed{
            "iid", "simple", "dirichlet", "kshard", "True", "False"};
        throw std::invalid_argument(unknown_word(section_.where("partition_niid"), kind, allowed));
    }
    section_.remark("alpha", "says nothing without partition_niid = dirichlet");
    section_.remark("shards", "says nothing without partition_niid = kshard");
}

void Dataset::what_differs(const std::string& name) {
    if (name == "Reddit") {
        remark("dataset_class",
               name,
               "words have the numbers of vocab/reddit_vocab.pck there, and here those that the "
               "most frequent of the training texts get");
    }
    if (name == "MovieLens") {
        remark("dataset_class",
               name,
               "users go to nodes in the order of their numbers there, in a drawn one here; tests "
               "say half the mean squared error here, its root and the share of rounded ratings "
               "that are right there");
    }
}

void Dataset::rest() {
    if (const auto seed = section_.take("random_seed")) {
        constexpr auto kMostSeed = std::numeric_limits<std::int64_t>::max();
        (void)parse_integer(section_.where("random_seed"), *seed, {0, kMostSeed});
        translation_.add("seed", *seed);
    }
    if (const auto sizes = section_.take("sizes"); sizes && !is_none(*sizes)) {
        remark("sizes", *sizes, "nodes get equal parts; see --partition=quantity-skew, file");
    }
    section_.remark("validation_source",
                    "there is no validation set: nothing is taken away for it");
    section_.remark("validation_size", "there is no validation set: nothing is taken away for it");
    section_.remark("test_batch_size", "changes no result");
    if (section_.flag("only_local", false)) {
        remark("only_local",
               "True",
               "nodes of each machine part all the data among them there; here all nodes do");
    }
}

std::string Dataset::translate() {
    std::string name = section_.text("dataset_class", "");
    const Counterpart& counterpart = counterpart_of(name);
    section_.module("dataset_package", "decentralizepy.datasets", name);
    const std::string model = model_of(counterpart);
    translation_.add("dataset", fmt::format("{}:{}", counterpart.dataset, folder(name)));
    translation_.add("model", model);
    if (name == "CIFAR10") {
        partition_cifar();
    } else {
        translation_.add("partition", "users");
    }
    what_differs(name);
    rest();
    return name;
}

}  // namespace

std::string translate_dataset(IniFile& ini, Translation& translation) {
    return Dataset(ini, translation).translate();
}

}  // namespace murmur::decentralizepy
