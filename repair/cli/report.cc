#include "repair/cli/report.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "repair/cli/peak_memory.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

void write(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

// Names from a disk needn't be UTF-8; JSON's text has to be.
std::string dump(const json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string_view advice(Errc code) {
  switch (code) {
    case Errc::bad_argument:
      return "check the command's words; `drydock --help` lists them";
    case Errc::not_found:
      return "check the name; `drydock info` and `drydock ls` show what is there";
    case Errc::corrupt:
      return "these bytes break their format's rules; `drydock diagnose` may know more";
    case Errc::unsupported:
      return "this was recognised, and isn't supported";
    case Errc::read_only:
      return "make the image, and its folder, writable for this user";
    case Errc::busy:
      return "settle what the words name, then try again";
    case Errc::no_space:
      return "make room, then try again";
    case Errc::interrupted:
      return "run `drydock recover` on the image, which finishes the change";
    case Errc::could_not_tell:
      return "the image is as it was; give the work more room (--memory-limit SIZE, "
             "--time-limit SECONDS), or tell us of an image that does this";
    case Errc::io:
      return "look at the host's disk and its log";
  }
  return "";
}

Report::Report(ReportOptions options) : options_(options) {}
Report::~Report() = default;

void Report::print(std::string_view text) {
  if (!options_.json) write(stdout, text);
}

void Report::note(std::string_view text) {
  std::fflush(stdout);  // so that both keep their order where they meet
  write(stderr, text);
}

void Report::document(nlohmann::json json) {
  if (options_.json) document_ = std::make_unique<nlohmann::json>(std::move(json));
}

Exit Report::fail(const Error& error, Exit exit) {
  if (options_.json) {
    document({{"error",
               {{"code", std::string(to_string(error.code()))},
                {"what", error.words()},
                {"where", error.places()}}}});
    return exit;
  }
  std::string text = fmt::format("drydock: {}\n", error.words());
  for (std::size_t i = 0; i < error.places().size(); ++i) {
    text += fmt::format("{} {}\n", i == 0 ? "  where:" : "      in", error.places()[i]);
  }
  text += fmt::format("  do:    {}\n", advice(error.code()));
  note(text);
  return exit;
}

void Report::track(std::shared_ptr<const FileDevice> file) {
  files_.push_back(std::move(file));
}

void Report::count(const Traffic& traffic) {
  counted_.bytes_read += traffic.bytes_read;
  counted_.bytes_written += traffic.bytes_written;
}

void Report::finish() {
  if (finished_) return;
  finished_ = true;
  if (options_.stats) {
    std::uint64_t bytes_read = counted_.bytes_read;
    std::uint64_t bytes_written = counted_.bytes_written;
    for (const auto& file : files_) {
      bytes_read += file->traffic().bytes_read;
      bytes_written += file->traffic().bytes_written;
    }
    using Milliseconds = std::chrono::duration<double, std::milli>;
    double wall_ms = Milliseconds(std::chrono::steady_clock::now() - start_).count();
    if (document_ != nullptr && document_->is_object()) {
      (*document_)["stats"] = {{"wall_ms", wall_ms},
                               {"bytes_read", bytes_read},
                               {"bytes_written", bytes_written},
                               {"peak_memory", peak_memory()}};
    } else {
      note(
          fmt::format("wall {:.1f} ms, read {} bytes, wrote {} bytes, peak memory {} "
                      "bytes\n",
                      wall_ms, bytes_read, bytes_written, peak_memory()));
    }
  }
  if (document_ != nullptr) write(stdout, dump(*document_) + "\n");
}

}  // namespace drydock::cli
