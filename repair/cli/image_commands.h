// The verbs of `drydock image`, one function each.  image_verbs.cc turns the
// command line into these structs.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repair/cli/report.h"

namespace CLI {
class App;
}

namespace drydock::cli {

struct Command;

// An image to read, and what its parents are said to be.
struct ImageChoice {
  std::string file;
  std::string format;                // "" for what it shows to be
  std::vector<std::string> parents;  // --parent, from the image's own on
};

struct ImageCreateRequest {
  std::string file;
  std::string size;    // "" for the parent's
  std::string format;  // "" for the parent's, or vhdx
  std::string parent;
  std::vector<std::string> options;
  bool force = false;
};
Exit image_create(const ImageCreateRequest& request, Report& report);

struct ImageConvertRequest {
  ImageChoice input;   // "-" is standard input
  std::string output;  // "-" is standard output
  std::string format;
  std::vector<std::string> options;
  std::string zero_run = "4k";  // -S
  bool force = false;
};
Exit image_convert(const ImageConvertRequest& request, Report& report);

Exit image_info(const ImageChoice& image, Report& report);

struct ImageMapRequest {
  ImageChoice image;
  std::string output = "human";
};
Exit image_map(const ImageMapRequest& request, Report& report);

struct ImageCompareRequest {
  ImageChoice a;
  ImageChoice b;
  bool strict = false;  // -s: sizes count
};
Exit image_compare(const ImageCompareRequest& request, Report& report);

// A child linked to its parent anew, or to another one.
struct ImageRebaseRequest {
  std::string child;
  std::string parent;
  bool unsafe = false;  // -u: whatever the parent is
};
Exit image_rebase(const ImageRebaseRequest& request, Report& report);

// A child's changes carried into its parent.
struct ImageMergeRequest {
  std::string child;
  std::vector<std::string> parents;
  bool remove_child = false;  // --delete
  bool force = false;         // though others stand on the parent
};
Exit image_merge(const ImageMergeRequest& request, Report& report);

Exit image_compact(const ImageChoice& image, Report& report);

struct ImageResizeRequest {
  ImageChoice image;
  std::string size;  // with a sign: by so much
  bool shrink = false;
  bool force = false;  // though others stand on it
};
Exit image_resize(const ImageResizeRequest& request, Report& report);

struct ImageCheckRequest {
  ImageChoice image;
  bool repair = false;
  bool second_reader = false;
};
Exit image_check(const ImageCheckRequest& request, Report& report);

// All that `drydock image` may fill in.
struct ImageRequests {
  ImageCreateRequest create;
  ImageConvertRequest convert;
  ImageChoice info;
  ImageMapRequest map;
  ImageCompareRequest compare;
  ImageCreateRequest snapshot;
  ImageRebaseRequest rebase;
  ImageMergeRequest merge;
  ImageChoice compact;
  ImageResizeRequest resize;
  ImageCheckRequest check;
};

// Adds the verbs to `app`; the one that is parsed sets `command`.
void add_image_verbs(CLI::App& app, ImageRequests& requests, Command& command);

}  // namespace drydock::cli
