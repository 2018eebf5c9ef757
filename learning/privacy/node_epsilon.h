#pragma once

#include "learning/privacy/dp_sgd.h"
#include "learning/privacy/rdp_accountant.h"
#include "learning/training_options.h"

#include <cstdint>
#include <map>
#include <optional>

namespace murmur {

/// What the private steps of a run's nodes tell of their samples.  Nodes with as many samples share
/// a curve, which is what takes time.
class NodeEpsilon {
  public:
    /// @throws std::invalid_argument  where `options.privacy` is wrong
    explicit NodeEpsilon(const TrainingOptions& options)
        : privacy_(make_privacy(options.privacy)), batch_size_(options.batch_size) {}

    /// Returns the eps at the delta of the options; NaN where training is not private.
    [[nodiscard]] double of(std::int64_t samples, std::uint64_t steps);

  private:
    std::optional<DpSgd> privacy_;
    std::int64_t batch_size_;
    std::map<std::int64_t, RdpCurve> curves_;  ///< by number of samples
};

}  // namespace murmur
