#include "learning/learner.h"

namespace murmur {

DeviceRegistry& devices() {
    static DeviceRegistry registry("device", register_all);
    return registry;
}

std::unique_ptr<Learner> make_learner(const std::string& model_spec,
                                      const DatasetPair& data,
                                      const TrainingOptions& options,
                                      const std::string& device) {
    const auto chosen = devices().select(device);
    return chosen.make(chosen.options, model_spec, data, options);
}

}  // namespace murmur
