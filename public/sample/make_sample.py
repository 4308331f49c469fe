"""Makes the bundled sample: a data set of short reviews written by a grammar, and a tiny BERT pretrained on such text.

Run: pip install -r test/fixtures/generate/requirements.txt && python public/sample/make_sample.py
Writes reviews.csv and model/ beside this file. Fixed seeds; about ten minutes on two CPU cores.

The reviews are not by people. A grammar picks a domain, aspects, opinions, invented names and turns of phrase; negation
("not exactly lovely"), contrast ("slow at first, but in the end a joy") and remarks without an opinion make the label
more than a word list. One review in fifty carries the wrong label, as real data does.
"""

import csv
import json
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForMaskedLM, BertModel, BertTokenizerFast, set_seed

HERE = Path(__file__).parent
ROWS = 1600
NOISE = 0.02
CORPUS_LINES = 40_000
MAX_LENGTH = 48

DOMAINS = {
    "restaurant": (["the soup", "the bread", "the waiter", "our table", "the menu", "the dessert", "the wine list", "the kitchen"],
                   "we ate at {name} on a {day}", "dinner at {name}"),
    "hotel": (["the room", "the bed", "the breakfast", "the front desk", "the view", "the shower", "the lift", "the pillow"],
              "we stayed two nights at {name}", "our stay at {name}"),
    "film": (["the plot", "the lead actor", "the music", "the ending", "the dialogue", "the camera work", "the pacing", "the script"],
             "we watched {name} on a {day}", "an evening with {name}"),
    "phone": (["the screen", "the battery", "the camera", "the speaker", "the software", "the charger", "the case", "the keyboard"],
              "i bought the {name} last {month}", "a month with the {name}"),
    "book": (["the first chapter", "the hero", "the prose", "the translation", "the cover", "the last page", "the villain", "the humour"],
             "i read {name} in {month}", "reading {name}"),
    "course": (["the teacher", "the homework", "the slides", "the pace", "the exam", "the group work", "the reading list", "the lab"],
               "i took the course with {name}", "a term with {name}"),
    "trip": (["the guide", "the bus", "the boat", "the food", "the group", "the itinerary", "the weather plan", "the lunch stop"],
             "we joined the {name} tour in {month}", "the {name} tour"),
    "app": (["the search", "the sign in", "the map", "the update", "the layout", "the help page", "the sync", "the dark mode"],
            "i have used {name} since {month}", "a week of {name}"),
}
GOOD = ("lovely delightful excellent warm charming generous clever fresh smooth bright superb friendly crisp gentle reliable "
        "wonderful thoughtful spotless elegant quick tasty comfortable honest brilliant polite").split()
BAD = ("dull awful rude stale broken cold noisy clumsy slow dirty greasy bland confusing careless flimsy tedious shabby "
       "overpriced unreliable sour cramped lazy dreadful messy hopeless").split()
PRAISE = ["i would come back tomorrow", "we left smiling", "worth every coin", "my friends were jealous", "a real joy",
          "it made our week", "i keep telling people about it", "better than we had hoped", "we felt at home"]
BLAME = ["i want my money back", "we left early", "never again", "a waste of an evening", "my friends laughed at us",
         "it ruined our week", "i keep warning people about it", "worse than we had feared", "we felt cheated"]
PLAIN = ["it was raining that day", "it is near the old station", "we went with my cousin", "the door is painted green",
         "there is a second one across town", "they open at nine", "my sister found it online", "it costs about the same as others",
         "we arrived a little after noon", "the sign outside is new", "it took us twenty minutes to get there"]
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()
SYLLABLES = ("ba ben cor dal do el fa fen gar hol is jo ka kel lam lo mar mi nor o pel quin ra ros sa sel ta tor ul ven wi yor za zen "
             "bri cla dro fri gla kro pli sto tri vra").split()


def make_name(rng: random.Random) -> str:
    name = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice([2, 2, 3])))
    return f"{name} {rng.randint(2, 12)}" if rng.random() < 0.1 else name


def opinion(rng: random.Random, aspect: str, positive: bool) -> str:
    same, other = (GOOD, BAD) if positive else (BAD, GOOD)
    word, opposite = rng.choice(same), rng.choice(other)
    return rng.choice([
        f"{aspect} was {word}", f"{aspect} was really {word}", f"{aspect} felt {word} from the start",
        f"{aspect} was not {opposite} at all", f"i would not call {aspect} {opposite}",
        f"{aspect} looked {opposite} at first but turned out {word}", f"{aspect} was {word} and {rng.choice(same)}",
        f"everyone found {aspect} {word}",
    ])


def make_review(rng: random.Random, positive: bool) -> str:
    aspects, opening, noun = DOMAINS[rng.choice(list(DOMAINS))]
    name = make_name(rng)
    fill = lambda text: text.format(name=name, day=rng.choice(DAYS), month=rng.choice(MONTHS))
    parts = [fill(opening)] if rng.random() < 0.5 else []
    chosen = rng.sample(aspects, rng.choice([1, 1, 2]))
    if rng.random() < 0.25:
        # One aspect of the other kind; the verdict comes last.
        parts.append(opinion(rng, rng.choice([a for a in aspects if a not in chosen]), not positive))
        parts.append("but " + opinion(rng, chosen[0], positive))
    else:
        parts.extend(opinion(rng, aspect, positive) for aspect in chosen)
    if rng.random() < 0.4:
        parts.insert(rng.randint(0, len(parts)), rng.choice(PLAIN))
    if rng.random() < 0.55:
        parts.append(rng.choice(PRAISE if positive else BLAME))
    elif rng.random() < 0.3:
        parts.append(f"{fill(noun)} was {rng.choice(GOOD if positive else BAD)} overall")
    return ", ".join(parts) + rng.choice([".", ".", "!", ""])


def make_rows() -> list[tuple[str, str]]:
    rng = random.Random(2026)
    rows, seen = [], set()
    while len(rows) < ROWS:
        positive = rng.random() < 0.5
        text = make_review(rng, positive)
        if text in seen:
            continue
        seen.add(text)
        label = positive if rng.random() >= NOISE else not positive
        rows.append((text, "positive" if label else "negative"))
    return rows


def make_tokenizer(lines: list[str]) -> BertTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=6000, min_frequency=2, special_tokens=special,
                                                                   initial_alphabet=list("abcdefghijklmnopqrstuvwxyz0123456789")))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=128)


def pretrain(lines: list[str], tokenizer: BertTokenizerFast, steps: int = 900, batch: int = 64) -> BertForMaskedLM:
    config = BertConfig(vocab_size=len(tokenizer), hidden_size=128, num_hidden_layers=2, num_attention_heads=4,
                        intermediate_size=512, max_position_embeddings=128)
    model = BertForMaskedLM(config).train()
    ids = tokenizer(lines, truncation=True, max_length=MAX_LENGTH, padding="max_length", return_tensors="pt")
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.06)
    for step in range(steps):
        rows = torch.randint(0, len(lines), (batch,))
        mask = ids["attention_mask"][rows]
        width = int(mask.sum(1).max())
        inputs, mask = ids["input_ids"][rows][:, :width].clone(), mask[:, :width]
        chosen = (torch.rand(inputs.shape) < 0.15) & (inputs > 4)
        labels = torch.where(chosen, inputs, -100)
        draw = torch.rand(inputs.shape)
        inputs[chosen & (draw < 0.8)] = tokenizer.mask_token_id
        other = chosen & (draw >= 0.8) & (draw < 0.9)
        inputs[other] = torch.randint(5, len(tokenizer), (int(other.sum()),))
        loss = model(input_ids=inputs, attention_mask=mask, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 200 == 0 or step == steps - 1:
            print(f"step {step} masked-language-model loss {loss.item():.3f}", flush=True)
    return model


def with_pooler(encoder: BertModel) -> BertModel:
    """Masked-language modelling trains no pooler: it is added as it starts, for a classifier to train."""
    set_seed(2026)
    full = BertModel(encoder.config)
    full.load_state_dict(encoder.state_dict(), strict=False)
    return full


def main() -> None:
    set_seed(2026)
    rows = make_rows()
    with open(HERE / "reviews.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("text", "label"), *rows])
    # The reviews of the data set are kept out of the corpus.
    rng, held_out = random.Random(7), {text for text, _ in rows}
    lines = [line for line in (make_review(rng, rng.random() < 0.5) for _ in range(CORPUS_LINES)) if line not in held_out]
    tokenizer = make_tokenizer(lines)
    print(f"{len(lines)} lines, vocabulary {len(tokenizer)}", flush=True)
    model = pretrain(lines, tokenizer)
    encoder = with_pooler(model.bert)
    encoder.half().save_pretrained(HERE / "model")
    tokenizer.save_pretrained(HERE / "model")
    print(json.dumps({"parameters": sum(p.numel() for p in encoder.parameters()), "vocabulary": len(tokenizer)}))


if __name__ == "__main__":
    main()
