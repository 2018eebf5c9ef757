// What nodes send: DecentralizePy's sharing and compression classes.
#include "tools/decentralizepy/section.h"
#include "tools/decentralizepy/translation.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace murmur::decentralizepy {
namespace {

constexpr const char* kSection = "SHARING";

/// The section, as one strategy reads it.
class Sharing : public Section {
  public:
    Sharing(IniFile& ini, Translation& translation)
        : Section(ini, translation, kSection), translation_(translation) {}

    std::string accumulation() {
        const bool keeps = flag("accumulation", false);
        const bool averages = flag("accumulate_averaging_changes", false);
        return !keeps ? "none" : averages ? "averaging" : "changes";
    }

    /// Adds a strategy of the largest changes, which are sent whole from `metadata_cap` on.
    void select(const std::string& beginning) {
        const std::string alpha = share("alpha", "1.0");
        if (fraction("alpha", "1.0") >= fraction("metadata_cap", "1.0")) {
            whole_models(alpha, "as large as metadata_cap: whole models");
            (void)accumulation();
            return;
        }
        translation_.add(
            "sharing", fmt::format("{}alpha={},accumulation={}", beginning, alpha, accumulation()));
    }

    void whole_models(const std::string& alpha, const char* why) {
        translation_.add("sharing", "full");
        translation_.remarks.push_back(remark_on(kSection, "alpha", alpha, why));
    }

    /// Random values, which are sent whole above `metadata_cap`, not from it on.
    void subsample() {
        const std::string alpha = share("alpha", "1.0");
        if (fraction("alpha", "1.0") > fraction("metadata_cap", "1.0")) {
            whole_models(alpha, "larger than metadata_cap: whole models");
        } else {
            translation_.add("sharing", fmt::format("random:alpha={}", alpha));
        }
        require("layerwise", false);
        remark("pickle", "messages are counted byte by byte as they are made");
    }

    void wavelet_names(std::string& spec) {
        spec += fmt::format("family={},level={},", text("wavelet", "haar"), integer("level", "4"));
        require("change_based_selection", true);
    }

    void jwins() {
        std::string spec = "jwins:";
        wavelet_names(spec);
        std::string alphas = text("alpha_list", "[0.1, 0.2, 0.3, 0.4, 1.0]");
        std::erase_if(alphas, [](char c) {
            return std::string_view("[] \t\n").find(c) != std::string_view::npos;
        });
        for (const std::string_view alpha : split(alphas, ',')) {
            (void)parse_fraction(where("alpha_list"), alpha);
        }
        std::replace(alphas.begin(), alphas.end(), ',', '/');
        translation_.add("sharing",
                         fmt::format("{}alphas={},full-from={},accumulation={}",
                                     spec,
                                     alphas,
                                     share("metadata_cap", "1.0"),
                                     accumulation()));
    }

    void compression();

  private:
    Translation& translation_;
};

void Sharing::compression() {
    if (!flag("compress", false)) {
        translation_.add("codec", "raw");
        for (const char* key : {"compression_package", "compression_class", "float_precision"}) {
            remark(key, "belongs to compression, which is off");
        }
        return;
    }
    const std::string name = text("compression_class", "");
    module("compression_package", "decentralizepy.compression", name);
    if (name == "EliasFpzip") {
        translation_.add("codec", "elias+fpzip");
    } else if (name == "EliasFpzipLossy") {
        translation_.add("codec",
                         fmt::format("elias+fpzip:bits={}", integer("float_precision", "16")));
    } else if (name == "Elias") {
        translation_.add("codec", "elias");
    } else if (name == "Lz4Wrapper") {
        translation_.add("codec", "lz4");
    } else if (name == "Quantization" || name == "EliasQuantization") {
        const std::string levels = integer("float_precision", "32767");
        const char* const indices = name == "Quantization" ? "raw" : "elias";
        translation_.add("codec", fmt::format("{}+qsgd:levels={}", indices, levels));
        translation_.remarks.push_back(remark_on(
            kSection, "compression_class", name, "levels of a norm, drawn as QSGD draws them"));
    } else {
        const std::vector<std::string> allowed{"Elias",
                                               "EliasFpzip",
                                               "EliasFpzipLossy",
                                               "EliasQuantization",
                                               "Lz4Wrapper",
                                               "Quantization"};
        throw std::invalid_argument(unknown_word(where("compression_class"), name, allowed));
    }
}

}  // namespace

void translate_sharing(IniFile& ini, Translation& translation) {
    Sharing section(ini, translation);
    const std::string name = section.text("sharing_class", "Sharing");
    section.module("sharing_package", "decentralizepy.sharing", name);
    bool has_codec = true;
    if (name == "Sharing") {
        translation.add("sharing", "full");
    } else if (name == "PlainAverageSharing") {
        translation.add("sharing", "plain-average");
    } else if (name == "PartialModel") {
        section.select("top-k:");
    } else if (name == "SubSampling") {
        section.subsample();
    } else if (name == "Wavelet") {
        std::string spec = "wavelet:";
        section.wavelet_names(spec);
        section.select(spec);
    } else if (name == "FFT") {
        section.require("change_based_selection", true);
        section.select("fft:");
    } else if (name == "JWINS") {
        section.jwins();
    } else if (name == "Choco") {
        translation.add("sharing",
                        fmt::format("choco:alpha={},gamma={}",
                                    section.share("alpha", "1.0"),
                                    section.share("step_size", "1.0")));
    } else if (name == "STC") {
        translation.add("sharing", fmt::format("stc:alpha={}", section.share("alpha", "1.0")));
        section.remark("float_precision", "what STC sends is signs, positions and one magnitude");
        section.remark("compress", "positions are Elias codes always");
        section.remark("compression_class", "positions are Elias codes always");
        section.remark("compression_package", "positions are Elias codes always");
        has_codec = false;
    } else {
        const std::vector<std::string> allowed{"Sharing",
                                               "PlainAverageSharing",
                                               "PartialModel",
                                               "SubSampling",
                                               "Wavelet",
                                               "FFT",
                                               "JWINS",
                                               "Choco",
                                               "STC"};
        throw std::invalid_argument(unknown_word(section.where("sharing_class"), name, allowed));
    }
    if (has_codec) {
        section.compression();
    }
    section.remark("dict_ordered", "parameters keep the order of the model");
    section.remark("save_shared", "which values were sent is not kept");
    section.remark("save_accumulated", "accumulated changes are not kept");
    section.remark("change_transformer", "follows from the strategy");
}

}  // namespace murmur::decentralizepy
