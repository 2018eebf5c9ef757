#pragma once

#include "emulator/nodes/observation.h"
#include "emulator/record/model_saving.h"
#include "emulator/record/round_statistics.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// The folder of saved models, in that of the run.
inline constexpr std::string_view kModelFolder = "models";

/// Writes the models of a run: raw little-endian float32 as `--init` reads them, and models.json,
/// which says what lies where.  Models of all nodes are in one file, one after the other; of chosen
/// ones, each in its own.
///
/// A model is written beside its place as soon as it exists, by a task, so that nothing has to be
/// kept for it; it gets its name once the run has come as far.  A run that ends early keeps what
/// has one, whatever the workers did first.
class ModelFiles {
  public:
    /// Makes the folder, with a models.json of no models.
    /// @throws std::runtime_error  where it can't be written
    /// @param goes_on  the run goes on from a checkpoint, whose models lie in the folder: those that
    ///                 have a name already keep it
    ModelFiles(std::filesystem::path folder,
               ModelSaving saving,
               ParameterLayout layout,
               std::uint64_t num_rounds,
               bool goes_on = false);
    /// Removes what has got no name.
    ~ModelFiles();
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    ModelFiles(const ModelFiles&) = delete;
    ModelFiles& operator=(const ModelFiles&) = delete;

    /// Writes a model while the run goes on (see `ModelSaving::wants`); from any thread.
    /// @throws std::runtime_error  naming the file and the system's reason
    void write(std::uint32_t node, std::uint64_t rounds, const ParameterVector& model) const;
    /// Says that the run has come to the end of a round: keeps its models, or removes them.
    /// @param nodes  one observation per node, ascending; every value that has a handle exists
    void end_round(const RoundRow& row, std::span<const Observation> nodes);
    /// Saves the models of a complete run, where these are asked for.
    /// @param models  [num_nodes]
    /// @param seen    the node's last observation, which is that of its model
    void write_final(std::span<const Parameters> models,
                     const std::function<const Observation&(std::uint32_t node)>& seen);

  private:
    /// One saved model, as models.json has it.
    struct Entry {
        std::string file;
        std::uint64_t offset_bytes = 0;
        std::uint32_t node = 0;
        std::uint64_t round = 0;
        double test_accuracy = 0;  ///< NaN where it was not tested
        double test_loss = 0;
        double own_test_accuracy = 0;
        double own_test_loss = 0;
    };
    using Entries = std::vector<Entry>;

    [[nodiscard]] std::size_t model_bytes() const;
    [[nodiscard]] Entry entry_of(const std::string& name, const Observation& seen) const;
    void write_into(const std::filesystem::path& file,
                    std::uint64_t offset,
                    const ParameterVector& model) const;
    [[nodiscard]] std::filesystem::path unfinished(const std::string& name,
                                                   std::uint32_t node) const;
    /// Gives the models that were written under a name the places that their entries say.
    void keep(const std::string& written, const Entries& entries);
    void drop(const std::string& name) const;
    [[nodiscard]] bool is_better(const RoundRow& row);
    void write_index() const;

    std::filesystem::path folder_;
    ModelSaving saving_;
    ParameterLayout layout_;
    std::uint64_t num_rounds_;
    bool goes_on_;
    Entries saved_;
    double best_ = 0;  ///< the higher the better; of the saved round
};

/// Removes the models of an earlier run, and the folder where it is empty then.
void remove_models(const std::filesystem::path& folder);

}  // namespace murmur
