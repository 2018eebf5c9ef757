#include "emulator/protocols/gathered_drift.h"

#include <utility>

namespace murmur {

void GatheredDrift::on_start() {
    compressor_ = make_(node().layout(), node().num_parameters());
    GroupProtocol::on_start();
}

void GatheredDrift::exchange(ModelHandle start, ModelHandle trained) {
    const auto encode = [compressor = compressor_](const Parameters& before,
                                                   const Parameters& after,
                                                   std::vector<float>& residual) -> Encoded {
        residual.resize(before->size());
        return compressor->encode(residual, *before, *after);
    };
    node().encode_with(
        {.round = node().round(),
         .values_read = 3 * node().num_parameters(),
         .size = compressor_->message_size()},
        encode,
        [this, start, trained](EncodedHandle message) {
            collectives().all_gather(collective_of_all(form_),
                                     std::move(message),
                                     [this, start, trained](Collectives::Gathered messages) {
                                         step(start, trained, std::move(messages));
                                     });
        },
        start,
        trained,
        residual_);
}

void GatheredDrift::step(ModelHandle start, ModelHandle trained, Collectives::Gathered messages) {
    const std::uint64_t values_read =
        node().num_parameters() +
        messages.size() * compressor_->message_size().values / sizeof(float);
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
        [compressor = compressor_](const Parameters& before,
                                   const Parameters& after,
                                   const std::vector<Encoded>& of_all) {
            return compressor->step(*before, *after, of_all);
        },
        [this](ModelHandle stepped) { conclude(std::move(stepped)); },
        std::move(start),
        std::move(trained),
        std::move(messages));
}

OptionForm gather_form_option() {
    return word("via", {"ring", "direct"}, "messages of an all-gather");
}

CollectiveForm gather_form(const Options& options) {
    return options.choice<CollectiveForm>(
        "via", {{"ring", CollectiveForm::kRing}, {"direct", CollectiveForm::kDirect}});
}

OptionForm index_form_option() {
    return word("indices", {"packed", "int64"}, "how indices travel: in as few bits, or 8 bytes");
}

IndexForm index_form(const Options& options) {
    return options.choice<IndexForm>(
        "indices", {{"packed", IndexForm::kPacked}, {"int64", IndexForm::kInt64}});
}

}  // namespace murmur
