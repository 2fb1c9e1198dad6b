#include <filesystem>
#include <set>

#include <fmt/core.h>

#include "cli/command.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/report_collect.h"
#include "cli/terminal.h"
#include "reports/change_feed.h"
#include "reports/html_report.h"
#include "store/history.h"

namespace weir::cli {
namespace {

constexpr std::uint64_t kRunsListed = 1000;
constexpr std::uint64_t kRunFiles = 100;

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "report";
  spec.usage = "weir report [-o DIR | --single FILE] [OPTIONS]";
  spec.about =
      "Writes the history as one HTML file that needs nothing but a browser: verdicts, runs\n"
      "over time, each run's seconds and percentile spectrum, comparisons. With -o a\n"
      "folder of pages and feeds; written again, it gets only the pages that are new.";
  spec.examples =
      "  weir report -o site/ --run-files 500\n"
      "  weir report --single checkout.html --scenario checkout --last 20";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("output,o", text("DIR"), "folder for index.html; default report/");
  add("single", text("FILE"), "the file to write, instead of a folder");
  add("scenario", text("NAME"), "only runs of this scenario");
  add("last", text("N"), "at most this many runs; default 1000");
  add("pages", text("N"), "so many runs, the newest, have all their details; default 20");
  add("run-files", text("N"),
      "with -o: so many runs before those have a file each in the folder run/; default 100");
  add("title", text("TEXT"), "heading of the page");
  AddStoreFlag(spec.options);
  return spec;
}

Status MakeFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Unavailable(fmt::format("cannot make folder {}: {}", folder.string(), error.message()));
  }
  return {};
}

Result<ReportOrder> ReadOrder(const ParsedFlags& flags) {
  ReportOrder order;
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  order.store_path = *path;
  if (flags.Has("scenario")) {
    order.filter.scenario = flags.Text("scenario");
  }
  const auto last = ReadFlag(flags, "last", ParseCount, kRunsListed);
  const auto pages = ReadFlag(flags, "pages", ParseCount, std::uint64_t{order.pages});
  if (!last || !pages) {
    return tl::unexpected(!last ? last.error() : pages.error());
  }
  order.filter.last = *last;
  order.pages = *pages;
  if (flags.Has("title")) {
    order.title = flags.Text("title");
  }
  return order;
}

// The newest runs of which the report itself has only a row.
std::vector<const reports::RunRow*> RunsForFiles(const reports::ReportData& data,
                                                 std::size_t files_max) {
  std::set<RunId> inside;
  for (const reports::RunPage& page : data.pages) {
    inside.insert(page.run.id);
  }
  std::vector<const reports::RunRow*> rows;
  for (auto row = data.rows.rbegin(); row != data.rows.rend() && rows.size() < files_max; ++row) {
    if (inside.count(row->run) == 0 && row->state != RunState::kRunning) {
      rows.push_back(&*row);
    }
  }
  return rows;
}

// Runs do not change, so a file that was made with the same script and style is as good as new.
Status WriteRunFiles(const HistoryReaders& from, const std::filesystem::path& folder,
                     std::size_t files_max, reports::ReportData& data) {
  const reports::PageAssets assets = reports::SharedAssets();
  const std::string base = (folder / assets.name).string();
  std::error_code error;
  const bool same_assets = std::filesystem::exists(base + ".js", error);
  for (const reports::RunRow* row : RunsForFiles(data, files_max)) {
    data.files.push_back(row->run);
    const std::filesystem::path file = folder / "run" / fmt::format("{}.html", row->run);
    if (same_assets && std::filesystem::exists(file, error)) {
      continue;
    }
    Result<reports::RunPage> page = LoadPage(from, row->run);
    if (!page) {
      return tl::unexpected(page.error());
    }
    reports::ReportData one;
    one.title = fmt::format("run {}, {}", row->run, row->scenario);
    one.generated_at = data.generated_at;
    one.rows.push_back(*row);
    one.pages.push_back(std::move(*page));
    const std::string html = reports::HtmlRunPage(one, Sha256);
    if (Status written = WriteFile(file.string(), html); !written) {
      return written;
    }
  }
  // Last, so that files of an older weir are never taken for new ones.
  if (Status written = WriteFile(base + ".js", std::string(assets.script)); !written) {
    return written;
  }
  return WriteFile(base + ".css", std::string(assets.style));
}

Status WriteFeeds(const std::filesystem::path& folder, const reports::ReportData& data) {
  if (Status written =
          WriteFile((folder / "changes.atom").string(), reports::AtomFeed(data, Sha256));
      !written) {
    return written;
  }
  return WriteFile((folder / "changes.json").string(), reports::JsonFeed(data, Sha256));
}

Status WriteReport(const ParsedFlags& flags) {
  const Result<ReportOrder> order = ReadOrder(flags);
  const auto files =
      ReadFlag(flags, "run-files", ParseCount, flags.Has("output") ? kRunFiles : std::uint64_t{0});
  if (!order || !files) {
    return tl::unexpected(!order ? order.error() : files.error());
  }
  if (*files > 0 && flags.Has("single")) {
    return UsageError("--run-files makes a folder\n  hint: -o DIR in place of --single");
  }
  const auto store = store::Store::OpenForReading(order->store_path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto timeline = store::RunTimeline::OpenForReading(order->store_path);
  if (!timeline) {
    return tl::unexpected(timeline.error());
  }
  Result<reports::ReportData> data = CollectReport(**store, *order);
  if (!data) {
    return tl::unexpected(data.error());
  }
  std::filesystem::path output = flags.Text("single");
  if (!flags.Has("single")) {
    const std::filesystem::path folder = flags.Has("output") ? flags.Text("output") : "report";
    output = folder / "index.html";
    if (Status made = MakeFolder(*files > 0 ? folder / "run" : folder); !made) {
      return made;
    }
    if (*files > 0) {
      if (Status written = WriteRunFiles({**store, **timeline}, folder, *files, *data); !written) {
        return written;
      }
    }
    if (flags.Has("output")) {
      if (Status written = WriteFeeds(folder, *data); !written) {
        return written;
      }
    }
  }
  if (Status written = WriteFile(output.string(), reports::HtmlReport(*data)); !written) {
    return written;
  }
  const auto counted = [](std::size_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
  };
  Print(fmt::format("wrote {} ({}, {})\n", output.string(), counted(data->rows.size(), "run"),
                    counted(data->verdicts.size(), "verdict")));
  return {};
}

}  // namespace

int ReportMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("report", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = WriteReport(*flags);
  return done ? static_cast<int>(kExitPass) : Complain("report", done.error());
}

}  // namespace weir::cli
